"""Tokens of a first ring, chosen so that each member owns exactly the same share, which tokens drawn at random never give."""


def tokens(place, members, each, racks=1):
    """
    The tokens of one member of a first ring, `each` of them.

    The ring is cut into members * each equal parts, in `each` rounds in which each member gets one part. Within a round the members
    stand in zigzag order (0, 1, n-1, 2, n-2 ...), moved on by one from round to round and reversed in every second: so each member's
    neighbours change, and what a leaving member owned spreads over all that stay. Of several racks each is such a ring of its own,
    since each may hold a copy of every row; their parts stand in turn.
    """
    rack, index, count = place % racks, place // racks, members // racks
    part = 2**64 // (members * each)
    found = []
    for turn in range(each):
        for i in range(count):
            p = count - 1 - i if turn % 2 else i
            zigzag = (p + 1) // 2 if p % 2 else count - p // 2
            if (zigzag + turn // 2) % count == index:
                found.append(-(2**63) + ((turn * count + i) * racks + rack) * part)
    return found
