// The Python module rlar._core: rows in and score lines out as JSON text, with the GIL released while scoring.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <optional>
#include <stdexcept>

#include "library/store.h"
#include "rlar/engine.h"
#include "rows/score_line.h"

namespace nb = nanobind;

namespace {

using namespace rlar;

[[noreturn]] void Raise(const Error& error) {
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalidArgument) throw nb::value_error(error.ToString().c_str());
  throw std::runtime_error(error.ToString());
}

class PyEngine {
 public:
  PyEngine(const std::string& library, const std::string& version, const std::string& length_policy) {
    const auto policy = LengthPolicyFromName(length_policy);
    if (!policy) throw nb::value_error("length_policy must be keep, zero or mask");
    snapshot_ = library.empty() ? Snapshot::Builtin() : Load(library, version);
    EngineOptions options;
    options.length_policy = *policy;
    engine_ = std::make_unique<Engine>(snapshot_, options);
  }

  const std::string& version() const { return snapshot_->version(); }

  // A JSON array of the routes, as GET /v1/status has them.
  std::string Routes() const {
    Json routes = Json::Array{};
    for (const Route& route : snapshot_->routes()) {
      Json entry, tools = Json::Array{};
      entry.Set("task", route.task);
      entry.Set("combine", Name(route.combine));
      for (const RoutePart& part : route.parts) tools.Push(part.tool.ToString());
      entry.Set("tools", std::move(tools));
      entry.Set("scale", route.scale);
      routes.Push(std::move(entry));
    }
    return routes.Dump();
  }

  // `rows`: a JSON array of rows. Returns a JSON array of score lines, in order.
  std::string Score(const std::string& rows, const std::string& tool, const std::string& params) const {
    CallOptions call;
    call.snapshot = snapshot_;
    call.tool = tool;
    auto parsed = ParseJson(rows);
    if (!parsed) Raise(parsed.error());
    if (!params.empty()) {
      auto given = ParseJson(params);
      if (!given) Raise(given.error());
      call.params = std::move(*given);
    }
    if (!tool.empty()) {
      const Tool* found = snapshot_->FindTool(tool);
      if (found == nullptr) throw nb::value_error(("unknown tool '" + tool + "'").c_str());
      if (auto checked = found->CheckParams(call.params); !checked) Raise(checked.error());
    }
    const nb::gil_scoped_release release;
    std::string out = "[";
    long line = 0;
    for (const Json& row : parsed->array()) ScoreRow(row, ++line, call, out);
    return out += ']';
  }

 private:
  static std::shared_ptr<const Snapshot> Load(const std::string& library, const std::string& version) {
    auto store = LibraryStore::Open(library);
    if (!store) Raise(store.error());
    auto snapshot = store->LoadSnapshot(version);
    if (!snapshot) Raise(snapshot.error());
    return *snapshot;
  }

  void ScoreRow(const Json& row, long line, const CallOptions& call, std::string& out) const {
    const auto separate = [&] {
      if (out.size() > 1) out += ',';
    };
    auto parsed = ParseRow(row);
    auto* error = std::get_if<RowError>(&parsed);
    if (error == nullptr && std::get<Group>(parsed).responses.empty()) {
      parsed = RowError{Class::kNoResponse, "the row has no 'response' or 'responses'", std::get<Group>(parsed).query.id};
      error = std::get_if<RowError>(&parsed);
    }
    if (error != nullptr) {
      separate();
      AppendErrorLine(out, line, *error, snapshot_->version());
      return;
    }
    const Group& group = std::get<Group>(parsed);
    const auto rewards = engine_->ScoreGroup(group, call);
    for (std::size_t i = 0; i < rewards.size(); ++i) {
      separate();
      AppendScoreLine(out, line, group.query.id, i, rewards[i]);
    }
  }

  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The scoring engine of rlar.";
  nb::class_<PyEngine>(m, "Engine")
      .def(nb::init<const std::string&, const std::string&, const std::string&>(), nb::arg("library") = "", nb::arg("version") = "",
           nb::arg("length_policy") = "keep")
      .def_prop_ro("version", &PyEngine::version)
      .def_prop_ro("routes", &PyEngine::Routes)
      .def("score", &PyEngine::Score, nb::arg("rows"), nb::arg("tool") = "", nb::arg("params") = "");
}
