#include "agents/pick_questions.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "agents/reported_trials.h"
#include "rows/query_row.h"

namespace rlar {
namespace {

constexpr double kRefusedVote = 0.5;

// The group's most disputed response.
Question MostDisputed(const Group& group, const std::string& task, const std::vector<ReportedTrial>& voters) {
  std::vector<double> yes(group.responses.size()), all(group.responses.size());
  std::vector<std::string> votes(group.responses.size());
  for (const ReportedTrial& voter : voters) {
    const auto scores = voter.tool->Run(group.query, group.responses, voter.params, CallContext{});
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!scores[i].value()) continue;
      const bool right = *scores[i].value() >= 0.5;
      const double weight = voter.admitted ? 1 : kRefusedVote;
      all[i] += weight;
      if (right) yes[i] += weight;
      votes[i] += (votes[i].empty() ? "" : ", ") + voter.tool->card().id.ToString() + " says " + (right ? "1" : "0");
    }
  }
  Question question{group.query, {}, task, 0, ""};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double share = all[i] > 0 ? yes[i] / all[i] : 0;
    const double disagreement = 4 * share * (1 - share);
    if (disagreement <= question.disagreement) continue;
    question.disagreement = disagreement;
    question.response = group.responses[i];
    question.votes = votes[i];
  }
  return question;
}

}  // namespace

Json Question::ToRow() const {
  Json row = QueryRow(query);
  row.Set("responses", Json(Json::Array{Json(response.text)}));
  row.Set("labels", Json(Json::Array{Json()}));
  row.Set("votes", votes);
  return row;
}

std::vector<Question> PickQuestions(const Snapshot& snapshot, const Json& report, std::vector<Group> groups, std::size_t count) {
  std::map<std::string, std::vector<ReportedTrial>> voters;
  std::map<std::string, std::vector<Question>> by_task;
  for (const Group& group : groups) {
    const TaskGuess guess = snapshot.Classify(group.query);
    if (guess.task.empty() || group.responses.empty()) continue;
    const auto [at, added] = voters.try_emplace(guess.task);
    if (added) at->second = TrialsOf(snapshot, report, guess.task);
    if (at->second.size() < 2) continue;
    Question question = MostDisputed(group, guess.task, at->second);
    if (question.disagreement > 0) by_task[guess.task].push_back(std::move(question));
  }
  std::vector<std::pair<double, Question>> ranked;
  for (auto& [task, questions] : by_task) {
    std::stable_sort(questions.begin(), questions.end(), [](const Question& a, const Question& b) { return a.disagreement > b.disagreement; });
    const double rows = std::log(1.0 + static_cast<double>(questions.size()));
    // Each further question of one task tells less than the one before.
    for (std::size_t i = 0; i < questions.size(); ++i) {
      ranked.emplace_back(questions[i].disagreement * rows / std::sqrt(1.0 + static_cast<double>(i)), std::move(questions[i]));
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Question> picked;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) picked.push_back(std::move(ranked[i].second));
  return picked;
}

}  // namespace rlar
