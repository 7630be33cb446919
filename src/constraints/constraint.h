// Instruction constraints: what IFEval, IFBench and IF-RLVR ask of a response beside its content, each checkable by a rule.
//
// A constraint is named by its instruction id ("keywords:existence") and set by its kwargs, as in those data sets. Mode
// kPublished answers as the official code does, known bugs included; kFixed answers as the instruction reads.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

enum class ConstraintMode { kPublished, kFixed };

struct ConstraintContext {
  ConstraintMode mode = ConstraintMode::kPublished;
  std::string_view prompt;  // for those that compare with it; copied by the constraint
  std::string tagger;       // folder of the part-of-speech tagger's model; empty: in the language data
  bool fixed() const { return mode == ConstraintMode::kFixed; }
};

// Whether a response (valid UTF-8) fulfils it. Immutable and linear in the response unless its type says otherwise.
using Constraint = std::function<bool(std::string_view response)>;

// The kwargs of one instruction with typed access; null and absent are alike.
class ConstraintArgs {
 public:
  ConstraintArgs(std::string_view id, const Json& kwargs, const ConstraintContext& context) : id_(id), kwargs_(kwargs), context_(context) {}
  const ConstraintContext& context() const { return context_; }
  bool has(std::string_view name) const;
  // Errors (kInvalidArgument) name the instruction and the kwarg.
  Result<double> Number(std::string_view name) const;
  Result<std::int64_t> Count(std::string_view name) const;  // >= 0
  // A count that the official code takes for missing where it is 0, and then draws at random.
  Result<std::int64_t> Positive(std::string_view name) const;
  Result<std::string> Text(std::string_view name) const;
  Result<std::vector<std::string>> Texts(std::string_view name) const;  // not empty
  // A word without blanks at its ends, given as a string or as the first of a list; not empty.
  Result<std::string> Word(std::string_view name) const;
  // "less than" | "at least": true for the latter.
  Result<bool> AtLeast(std::string_view name) const;
  Error Bad(std::string_view name, std::string_view what) const;

 private:
  std::string_view id_;
  const Json& kwargs_;
  const ConstraintContext& context_;
};

struct ConstraintType {
  std::string_view id;
  Result<Constraint> (*make)(const ConstraintArgs& args);
};

// One table for each family.
std::span<const ConstraintType> IfevalConstraints();
std::span<const ConstraintType> IfbenchCountConstraints();
std::span<const ConstraintType> IfbenchWordConstraints();
std::span<const ConstraintType> IfbenchFormatConstraints();
std::span<const ConstraintType> IfbenchCustomConstraints();
std::span<const ConstraintType> IfrlvrConstraints();

// kNotFound for an unknown id (with the nearest one), kInvalidArgument for wrong kwargs, kUnavailable for missing language data.
Result<Constraint> MakeConstraint(std::string_view id, const Json& kwargs, const ConstraintContext& context);

// The texts of which one must fulfil a constraint judged loosely: the response, and it without its first line, its last line or
// both, each also without asterisks.
std::vector<std::string> LooseVariants(std::string_view response);

}  // namespace rlar
