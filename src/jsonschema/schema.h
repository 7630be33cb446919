// JSON Schema: draft 2020-12 whole, and 2019-09, draft-07 and draft-06, compiled once and applied to any number of values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar::jsonschema {

enum class Draft { k06, k07, k2019, k2020 };  // in order of age

// "2020-12", "draft2020-12", "2019-09", "draft-07", "draft7", "7", or a metaschema's address.
std::optional<Draft> DraftFromName(std::string_view name);

struct Options {
  std::optional<Draft> draft;  // of schemas that do not say; default 2020-12
  Json remotes;                // object: address → schema; null for none
  bool assert_format = false;  // `format` decides; else it is an annotation, as 2020-12 has it by default
};

struct Failure {
  std::string instance;  // JSON pointer to the value
  std::string keyword;   // that it breaks, e.g. "required"
};

enum class Verdict {
  kValid,
  kInvalid,
  kOverBudget,  // the caller's steps ran out
  kEndless,     // the schema refers to itself without ever going deeper into the value
};

class Program;

class Schema {
 public:
  // Errors: a keyword's value is not what the draft allows, a reference leads nowhere, a pattern cannot be read. They name the place.
  static Result<Schema> Compile(const Json& schema, const Options& options);

  // `spend` takes steps and answers false to stop. `failure` is filled where it is given and the verdict is kInvalid.
  // From any thread.
  Verdict Validate(const Json& value, const std::function<bool(std::int64_t)>& spend, Failure* failure = nullptr) const;

 private:
  explicit Schema(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const Program> program_;
};

}  // namespace rlar::jsonschema
