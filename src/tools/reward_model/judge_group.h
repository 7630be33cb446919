// Judges that see a whole group: its responses are graded against each other, not each alone.
//
// listwise: all in one call, and once more in the reverse order; a response's grades are the means of the two. Of a
// group with more distinct
//   responses than `group_size`, the first so many are graded first; the best and the worst of them are anchors, which
//   every other call shows again, and each such call's grades are shifted by what it gives the anchors less or more:
//   O(n) calls.
// pairwise: pairs, each in both orders; a pair whose better side changes with the order is a tie. One response after
// the other is the
//   pivot that the rest of its range is compared with (three-way quicksort): O(n log n) calls, all of one round at
//   once. The value is the rank: the share of the others below, ties a half; 0 where the mean grade of a criterion with
//   veto is below a half.
//
// Both: equal texts are one response; the order shown comes from the content, so neither the order nor the number of
// copies in the group changes a grade. One distinct response is graded alone. A component "position_gap" is the mean
// distance between a response's values in the two orders. A call that cannot be read fails every response that it
// showed; a pivot that spoils all its comparisons fails alone, where there are others.
#pragma once

#include <memory>

#include "tools/reward_model/backend.h"

namespace rlar {

// Takes the items of one call as one group: they share messages, reference and rubric. Thread-safe. `calls` is asked
// for items with `together`.
std::shared_ptr<ModelClient> MakeGroupJudge(std::shared_ptr<ModelClient> calls, const ModelAdapter& adapter);

}  // namespace rlar
