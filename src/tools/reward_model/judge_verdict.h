// What a judge is asked, and how its verdict is read. Pure functions: the network is judge_backend.cc's.
//
// All criteria are asked in one call, of one response or of several; each (response, criterion) must be graded exactly
// once. The scale is whole numbers from 0 to 10; for expected grades 0 to 9, so that every grade is one digit and one
// token. Then a grade is the mean of the digits that the server lists for that token, weighted by their probabilities.
#pragma once

#include <string>
#include <vector>

#include "tools/reward_model/backend.h"

namespace rlar {

// The body of a chat request. Precondition: the rubric is not empty.
Json JudgeRequest(const ModelAdapter& adapter, const ModelItem& item, const std::vector<RubricItem>& rubric, bool logprobs);

// The score in a server's reply; for `together` in `each`. An error (corrupt) says what cannot be read. For expected
// grades a component "grade/expected" says whether they are (1) or the server gave no log probabilities that could be
// read, and the grades are plain ones (0).
Result<ModelScore> ReadJudgeReply(const std::string& body, const ModelAdapter& adapter, const ModelItem& item, const std::vector<RubricItem>& rubric);

// Whether a criterion with veto has less than a half. `grades` in [0, 1], one a criterion.
bool IsVetoed(const std::vector<RubricItem>& rubric, const std::vector<double>& grades);

// A score from such grades: their weighted mean, or 0 where it is vetoed.
ModelScore ScoreFromGrades(const std::vector<RubricItem>& rubric, const std::vector<double>& grades);

}  // namespace rlar
