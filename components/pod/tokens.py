"""Tokens of the first ring, chosen so that each member owns exactly the same share. Random tokens never give equal shares."""


def tokens(ring_ordinal, members, tokens_each, racks=1):
    """
    The tokens of one member of the first ring.

    The token range is cut into members * tokens_each equal parts. They are given out in `tokens_each` rounds, in which each member gets
    one part. Within a round the members stand in zigzag order (0, 1, n-1, 2, n-2 ...), shifted by one from round to round and reversed in
    every second round. Each member has other neighbours in each round then, and what a leaving member owned spreads over all that stay.
    With several racks, each rack is such a ring of its own, since each rack may hold a replica of every row; the parts of the racks take
    turns.
    """
    rack, index, count = ring_ordinal % racks, ring_ordinal // racks, members // racks
    part = 2**64 // (members * tokens_each)
    found = []
    for round_number in range(tokens_each):
        for position in range(count):
            p = count - 1 - position if round_number % 2 else position
            zigzag = (p + 1) // 2 if p % 2 else count - p // 2
            if (zigzag + round_number // 2) % count == index:
                found.append(-(2**63) + ((round_number * count + position) * racks + rack) * part)
    return found
