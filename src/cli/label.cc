// rlar label: the few responses where a person's yes or no would tell most, and what becomes of the answers.
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "agents/labelled.h"
#include "agents/pick_questions.h"
#include "base/fs.h"
#include "cli/commands.h"
#include "library/store.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kMostGroups = 20'000;

std::string LabelsFile(const LibraryStore& store) { return (store.directory() / "labels.jsonl").string(); }

// Keeps the rows of `path` that carry an answer.
int TakeAnswers(const LibraryStore& store, const std::string& path) {
  auto rows = LoadLabelled(path);
  if (!rows) return UsageError(rows.error().ToString());
  auto text = ReadFile(path);
  if (!text) return UsageError(text.error().ToString());
  std::size_t at = 0, kept = 0;
  for (const LabelledRow& row : *rows) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    if (std::none_of(row.labels.begin(), row.labels.end(), [](const auto& label) { return label.has_value(); })) continue;
    if (auto added = AppendLine(LabelsFile(store), line); !added) return UsageError(added.error().ToString());
    ++kept;
  }
  std::printf("%zu of %zu rows carry a label; kept in %s for rlar build and rlar route learn\n", kept, rows->size(), LabelsFile(store).c_str());
  return 0;
}

// y, n, s (skip) or q; end of input is q.
char Ask(const Question& question, std::size_t number, std::size_t count) {
  std::printf("\n[%zu/%zu] task '%s' (%s)\n--- prompt\n%s\n", number, count, question.task.c_str(), question.votes.c_str(), question.query.prompt.c_str());
  if (!question.query.reference.texts.empty()) std::printf("--- reference\n%s\n", question.query.reference.texts.front().c_str());
  std::printf("--- response\n%s\n---\nIs it right? [y]es, [n]o, [s]kip, [q]uit: ", question.response.text.c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "y" || line == "n" || line == "s" || line == "q") return line[0];
    std::printf("y, n, s or q: ");
    std::fflush(stdout);
  }
  return 'q';
}

int AskPerson(const LibraryStore& store, const std::vector<Question>& questions) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const char said = Ask(questions[i], i + 1, questions.size());
    if (said == 'q') break;
    if (said == 's') continue;
    Json row = questions[i].ToRow();
    row.Set("labels", Json(Json::Array{Json(said == 'y')}));
    if (auto added = AppendLine(LabelsFile(store), row.Dump()); !added) return UsageError(added.error().ToString());
    ++kept;
  }
  std::printf("\n%zu answers kept in %s for rlar build and rlar route learn\n", kept, LabelsFile(store).c_str());
  return 0;
}

}  // namespace

int Label(const LabelOptions& options) {
  auto store = LibraryStore::Open(options.library);
  if (!store) return UsageError(store.error().ToString());
  if (!options.answers.empty()) return TakeAnswers(*store, options.answers);
  auto snapshot = store->LoadSnapshot();
  if (!snapshot) return UsageError(snapshot.error().ToString());
  auto report = store->LoadReport();
  if (!report) return UsageError(report.error().ToString());
  auto reader = OpenInput(options.input);
  if (!reader) return UsageError(reader.error().ToString());
  std::vector<Group> groups;
  while (groups.size() < kMostGroups) {
    auto row = (*reader)->Next();
    if (!row) return UsageError(row.error().ToString());
    if (!row->has_value()) break;
    if (auto* group = std::get_if<Group>(&(*row)->row)) groups.push_back(std::move(*group));
  }
  const auto questions = PickQuestions(**snapshot, *report, std::move(groups), options.count);
  if (questions.empty()) {
    std::fprintf(stderr, "rlar: nothing to ask: no response is judged differently by the tools that were tried for its task\n");
    return 0;
  }
  if (options.ask || (options.input.path != "-" && ::isatty(0) == 1 && ::isatty(1) == 1)) return AskPerson(*store, questions);
  for (const Question& question : questions) std::printf("%s\n", question.ToRow().Dump().c_str());
  return 0;
}

}  // namespace rlar::cli
