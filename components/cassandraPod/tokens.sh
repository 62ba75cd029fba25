# tokens PLACE MEMBERS TOKENS_EACH [RACKS]: the tokens of one member of a first ring, comma-separated. Sourced by start.sh.
#
# The ring is cut into MEMBERS * TOKENS_EACH equal parts, in TOKENS_EACH rounds in which each member gets one part: each owns
# exactly the same share, which tokens drawn at random never give. Within a round the members stand in zigzag order
# (0, 1, n-1, 2, n-2 ...), moved on by one from round to round and reversed in every second: so each member's neighbours
# change, and what a leaving member owned spreads over all that stay. Of several racks each is such a ring of its own, since each
# may hold a copy of every row; their parts stand in turn.
tokens() {
  local racks=${4:-1} each=$3 round place p zigzag list=""
  local rack=$(( $1 % racks )) index=$(( $1 / racks )) members=$(( $2 / racks ))
  # 2^64 / (all members * each); bash has no 2^64, and its sums wrap around just as the ring does.
  local part=$(( 0x7fffffffffffffff / ($2 * each / 2) ))
  for (( round = 0; round < each; round++ )); do
    for (( place = 0; place < members; place++ )); do
      p=$(( round % 2 ? members - 1 - place : place ))
      zigzag=$(( p % 2 ? (p + 1) / 2 : members - p / 2 ))
      if (( (zigzag + round / 2) % members == index )); then
        list+=,$(( -0x7fffffffffffffff - 1 + ((round * members + place) * racks + rack) * part ))
      fi
    done
  done
  echo "${list#,}"
}
