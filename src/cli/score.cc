// rlar score: rows in, one score line a response out, in input order and in bounded memory.
#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/thread_pool.h"
#include "base/unique_fd.h"
#include "cli/commands.h"
#include "rows/reader.h"
#include "rows/score_line.h"

namespace rlar::cli {
namespace {

// A chunk is read, scored on all threads, and written before the next one is read: that bounds memory.
constexpr std::size_t kChunkRows = 512;
constexpr std::size_t kChunkBytes = 8u << 20;

struct Counts {
  long rows = 0, ok = 0, invalid = 0, failed = 0;
};

class Output {
 public:
  static Result<Output> Open(const std::string& path) {
    UniqueFd fd(path == "-" ? ::dup(1) : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.valid()) return MakeError(ErrorCode::kUnreadable, "cannot write '" + path + "': " + std::strerror(errno));
    return Output(std::move(fd));
  }
  Result<void> Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t done = ::write(fd_.get(), text.data(), text.size());
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return MakeError(ErrorCode::kUnreadable, std::string("cannot write the output: ") + std::strerror(errno));
      text.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }

 private:
  explicit Output(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

std::string ScoreRow(const NumberedRow& row, const Engine& engine, const CallOptions& call, Counts& counts) {
  std::string out;
  const std::string& version = call.snapshot->version();
  if (const auto* error = std::get_if<RowError>(&row.row)) {
    AppendErrorLine(out, row.line, *error, version);
    ++counts.invalid;
    return out += '\n';
  }
  const Group& group = std::get<Group>(row.row);
  if (group.responses.empty()) {
    AppendErrorLine(out, row.line, {Class::kNoResponse, "the row has no 'response' or 'responses'", group.query.id}, version);
    ++counts.invalid;
    return out += '\n';
  }
  const auto rewards = engine.ScoreGroup(group, call);
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    AppendScoreLine(out, row.line, group.query.id, i, rewards[i]);
    out += '\n';
    switch (rewards[i].score.status()) {
      case Status::kOk: ++counts.ok; break;
      case Status::kInvalid: ++counts.invalid; break;
      case Status::kFailed: ++counts.failed; break;
    }
  }
  return out;
}

Result<std::vector<NumberedRow>> ReadChunk(RowReader& reader) {
  std::vector<NumberedRow> chunk;
  for (std::size_t bytes = 0; chunk.size() < kChunkRows && bytes < kChunkBytes;) {
    auto row = reader.Next();
    if (!row) return row.error();
    if (!row->has_value()) break;
    bytes += (*row)->bytes;
    chunk.push_back(std::move(**row));
  }
  return chunk;
}

Result<Counts> Stream(RowReader& reader, const Engine& engine, const CallOptions& call, Output& output, std::size_t threads) {
  ThreadPool pool(threads);
  Counts total;
  std::size_t told = 0;
  for (;;) {
    auto chunk = ReadChunk(reader);
    if (!chunk) return chunk.error();
    for (; told < reader.guesses().size(); ++told) {
      std::fprintf(stderr, "rlar: guessed %s (--map changes it)\n", reader.guesses()[told].c_str());
    }
    if (chunk->empty()) return total;
    std::vector<std::string> lines(chunk->size());
    std::vector<Counts> counts(chunk->size());
    pool.ForEach(chunk->size(), [&](std::size_t i) {
      lines[i] = ScoreRow((*chunk)[i], engine, call, counts[i]);
      (*chunk)[i].row = RowError{};  // its memory is not needed any more
    });
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += lines[i];
      total.ok += counts[i].ok;
      total.invalid += counts[i].invalid;
      total.failed += counts[i].failed;
    }
    total.rows += static_cast<long>(chunk->size());
    RLAR_TRY(output.Write(text));
  }
}

}  // namespace

int Score(const ScoreOptions& options) {
  if (options.library.empty() && options.tool.empty()) {
    return UsageError("score needs --library DIR (its routes choose the tools) or --tool NAME");
  }
  auto snapshot = LoadSnapshot(options.library, options.library_version);
  if (!snapshot) return UsageError(snapshot.error().ToString());
  auto params = ParseParams(options.params);
  if (!params) return UsageError(params.error().ToString());
  if (!options.tool.empty()) {
    auto tool = FindTool(**snapshot, options.tool);
    if (!tool) return UsageError(tool.error().ToString());
    if (auto checked = (*tool)->CheckParams(*params); !checked) return UsageError(checked.error().ToString());
  } else if (!params->is_null()) {
    return UsageError("--params goes with --tool; a library's routes hold their own parameters");
  }
  const auto policy = LengthPolicyFromName(options.length_policy);
  if (!policy) return UsageError("--length-policy must be keep, zero or mask");
  auto reader = OpenInput(options.input);
  if (!reader) return UsageError(reader.error().ToString());
  auto output = Output::Open(options.output);
  if (!output) return UsageError(output.error().ToString());

  const Engine engine(*snapshot, EngineOptions{*policy, options.max_response_bytes});
  CallOptions call;
  call.tool = options.tool;
  call.params = std::move(*params);
  call.snapshot = *snapshot;
  auto counts = Stream(**reader, engine, call, *output, ThreadCount(options.threads));
  if (!counts) return UsageError(counts.error().ToString());
  std::fprintf(stderr, "rlar: %ld rows: %ld ok, %ld invalid, %ld failed\n", counts->rows, counts->ok, counts->invalid, counts->failed);
  return counts->invalid + counts->failed > 0 ? 1 : 0;
}

}  // namespace rlar::cli
