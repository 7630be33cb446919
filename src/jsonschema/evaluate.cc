// Program × value → verdict.
#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "jsonschema/number.h"
#include "jsonschema/program.h"
#include "jsonschema/uri.h"

namespace rlar::jsonschema {
namespace {

// Deeper than any value (256) through the references of a sane schema.
constexpr int kMostDepth = 1500;
constexpr std::size_t kSmallArray = 12;

// Which members or items of one value some keyword has looked at. Empty until the first mark.
class Marks {
 public:
  void Mark(std::size_t at, std::size_t size) {
    if (seen_.empty()) seen_.resize(size);
    seen_[at] = 1;
  }
  void MarkAll(std::size_t size) { seen_.assign(size, 1); }
  bool Has(std::size_t at) const { return !seen_.empty() && seen_[at] != 0; }
  void Join(const Marks& other) {
    if (seen_.empty())
      seen_ = other.seen_;
    else
      for (std::size_t i = 0; i < other.seen_.size(); ++i) seen_[i] |= other.seen_[i];
  }

 private:
  std::vector<char> seen_;
};

std::uint64_t HashValue(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::kNull: return 1;
    case Json::Kind::kBool: return 2 + value.boolean();
    case Json::Kind::kNumber: return std::hash<double>()(value.number() + 0.0);
    case Json::Kind::kString: return std::hash<std::string>()(value.string());
    case Json::Kind::kArray: {
      std::uint64_t hash = 5;
      for (const Json& item : value.array()) hash = hash * 0x9E3779B97F4A7C15u + HashValue(item);
      return hash;
    }
    case Json::Kind::kObject: {
      std::uint64_t hash = 6;
      for (const auto& [key, item] : value.object()) hash += (std::hash<std::string>()(key) ^ 0x9E37u) * (HashValue(item) | 1);
      return hash;
    }
  }
  return 0;
}

class Evaluator {
 public:
  Evaluator(const Program& program, const std::function<bool(std::int64_t)>& spend, Failure* failure) : program_(program), spend_(spend), failure_(failure) {}

  Verdict Run(const Json& value) {
    const bool valid = Apply(program_.root, value, nullptr);
    if (endless_) return Verdict::kEndless;
    if (over_ || !spend_(pending_)) return Verdict::kOverBudget;
    return valid ? Verdict::kValid : Verdict::kInvalid;
  }

 private:
  bool Spend(std::size_t steps) {
    pending_ += static_cast<std::int64_t>(steps);
    if (pending_ < 1024) return !over_;
    if (!over_ && !spend_(pending_)) over_ = true;
    pending_ = 0;
    return !over_;
  }

  bool Fail(std::string_view keyword) {
    if (failure_ != nullptr && speculative_ == 0 && failure_->keyword.empty()) {
      failure_->keyword = keyword;
      for (const std::string& part : path_) failure_->instance += "/" + part;
    }
    return false;
  }

  // The path is kept only where a failure is asked for.
  bool Within(NodeId id, const Json& value, std::string_view key) {
    if (failure_ == nullptr) return Apply(id, value, nullptr);
    path_.push_back(EscapePointer(key));
    const bool valid = Apply(id, value, nullptr);
    path_.pop_back();
    return valid;
  }
  bool Within(NodeId id, const Json& value, std::size_t index) {
    if (failure_ == nullptr) return Apply(id, value, nullptr);
    return Within(id, value, std::to_string(index));
  }
  // Failing is no failure of the whole.
  bool Try(NodeId id, const Json& value, Marks* marks) {
    ++speculative_;
    const bool valid = Apply(id, value, marks);
    --speculative_;
    return valid;
  }

  bool Apply(NodeId id, const Json& value, Marks* marks) {
    const Node& node = program_.nodes[static_cast<std::size_t>(id)];
    if (node.kind == Node::Kind::kTrue) return true;
    if (node.kind == Node::Kind::kFalse) return Fail("false");
    if (endless_ || !Spend(1)) return false;
    if (depth_ >= kMostDepth) {
      endless_ = true;
      return false;
    }
    ++depth_;
    const bool entered = scope_.empty() || scope_.back() != node.resource;
    if (entered) scope_.push_back(node.resource);
    const bool valid = ApplyKeywords(node, value, marks);
    if (entered) scope_.pop_back();
    --depth_;
    return valid && !over_ && !endless_;
  }

  bool ApplyKeywords(const Node& node, const Json& value, Marks* outer) {
    if (node.types != 0 && !HasType(node.types, value)) return Fail("type");
    if (node.constant != nullptr && !SameValue(*node.constant, value)) return Fail("const");
    if (node.enumeration != nullptr && !InEnumeration(*node.enumeration, value)) return Fail("enum");
    if (value.is_number() && node.on_numbers && !OnNumber(node, value)) return false;
    if (value.is_string() && node.on_strings && !OnString(node, value.string())) return false;
    if (!node.unevaluated) return ApplyChildren(node, value, outer);
    Marks own;
    if (!ApplyChildren(node, value, &own) || !Unevaluated(node, value, own)) return false;
    if (outer != nullptr) outer->Join(own);
    return true;
  }

  bool ApplyChildren(const Node& node, const Json& value, Marks* marks) {
    if (value.is_array() && node.on_arrays && !OnArray(node, value.array(), marks)) return false;
    if (value.is_object() && node.on_objects && !OnObject(node, value, marks)) return false;
    return !node.applies_in_place || InPlace(node, value, marks);
  }

  static bool HasType(std::uint8_t types, const Json& value) {
    switch (value.kind()) {
      case Json::Kind::kNull: return types & kNullBit;
      case Json::Kind::kBool: return types & kBoolBit;
      case Json::Kind::kNumber: return (types & kNumberBit) || ((types & kIntegerBit) && IsWhole(value));
      case Json::Kind::kString: return types & kStringBit;
      case Json::Kind::kArray: return types & kArrayBit;
      case Json::Kind::kObject: return types & kObjectBit;
    }
    return false;
  }

  bool InEnumeration(const Json& options, const Json& value) {
    if (!Spend(options.array().size())) return false;
    return std::any_of(options.array().begin(), options.array().end(), [&](const Json& option) { return SameValue(option, value); });
  }

  bool OnNumber(const Node& node, const Json& value) {
    if (node.minimum != nullptr && CompareNumbers(value, *node.minimum) < 0) return Fail("minimum");
    if (node.maximum != nullptr && CompareNumbers(value, *node.maximum) > 0) return Fail("maximum");
    if (node.above != nullptr && CompareNumbers(value, *node.above) <= 0) return Fail("exclusiveMinimum");
    if (node.below != nullptr && CompareNumbers(value, *node.below) >= 0) return Fail("exclusiveMaximum");
    if (node.multiple_of != nullptr && !IsMultiple(value, *node.multiple_of)) return Fail("multipleOf");
    return true;
  }

  bool OnString(const Node& node, const std::string& text) {
    if (!Spend(text.size() / 16)) return false;
    if (node.min_length > 0 || node.max_length != kNoLimit) {
      const std::size_t length = CodePointCount(text);
      if (length < node.min_length) return Fail("minLength");
      if (length > node.max_length) return Fail("maxLength");
    }
    if (node.pattern != nullptr && !Matches(*node.pattern, text)) return Fail("pattern");
    if (node.format != nullptr && !node.format(text)) return Fail("format");
    return true;
  }

  bool Matches(const Regex& regex, const std::string& text) {
    const auto found = regex.Search(text);
    if (found == Regex::Found::kGaveUp) over_ = true;
    return found == Regex::Found::kYes;
  }

  bool OnArray(const Node& node, const Json::Array& items, Marks* marks) {
    if (!Spend(items.size())) return false;
    if (items.size() < node.min_items) return Fail("minItems");
    if (items.size() > node.max_items) return Fail("maxItems");
    const std::size_t prefix = std::min(node.prefix.size(), items.size());
    for (std::size_t i = 0; i < prefix; ++i) {
      if (!Within(node.prefix[i], items[i], i)) return false;
      if (marks != nullptr) marks->Mark(i, items.size());
    }
    if (node.items != kNoNode) {
      for (std::size_t i = prefix; i < items.size(); ++i) {
        if (!Within(node.items, items[i], i)) return false;
      }
      if (marks != nullptr) marks->MarkAll(items.size());
    }
    if (node.contains != kNoNode && !Contains(node, items, marks)) return false;
    return !node.unique_items || Unique(items) || Fail("uniqueItems");
  }

  bool Contains(const Node& node, const Json::Array& items, Marks* marks) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!Try(node.contains, items[i], nullptr)) continue;
      ++count;
      if (marks != nullptr && node.resource->draft >= Draft::k2020) marks->Mark(i, items.size());
    }
    if (count < node.min_contains) return Fail("contains");
    return count <= node.max_contains || Fail("maxContains");
  }

  bool Unique(const Json::Array& items) {
    if (items.size() <= kSmallArray) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (SameValue(items[i], items[j])) return false;
        }
      }
      return true;
    }
    std::unordered_multimap<std::uint64_t, const Json*> seen;
    for (const Json& item : items) {
      const std::uint64_t hash = HashValue(item);
      const auto [first, last] = seen.equal_range(hash);
      for (auto at = first; at != last; ++at) {
        if (!Spend(1) || SameValue(*at->second, item)) return false;
      }
      seen.emplace(hash, &item);
    }
    return true;
  }

  bool OnObject(const Node& node, const Json& value, Marks* marks) {
    const Json::Object& members = value.object();
    if (!Spend(members.size() + node.required.size())) return false;
    if (members.size() < node.min_properties) return Fail("minProperties");
    if (members.size() > node.max_properties) return Fail("maxProperties");
    for (const std::string_view name : node.required) {
      if (!Spend(members.size() / 8)) return false;
      if (value.Find(name) == nullptr) return Fail("required");
    }
    for (const auto& [name, needs] : node.dependent_required) {
      if (value.Find(name) == nullptr) continue;
      for (const std::string_view need : needs) {
        if (value.Find(need) == nullptr) return Fail("dependentRequired");
      }
    }
    const bool looks = !node.properties.empty() || !node.patterns.empty() || node.additional != kNoNode || node.names != kNoNode;
    for (std::size_t i = 0; looks && i < members.size(); ++i) {
      if (!OnMember(node, members[i], i, members.size(), marks)) return false;
    }
    return true;
  }

  bool OnMember(const Node& node, const Json::Member& member, std::size_t at, std::size_t size, Marks* marks) {
    if (node.names != kNoNode && !Try(node.names, Json(member.first), nullptr)) return Fail("propertyNames");
    bool known = false;
    if (const NodeId id = program_.Property(node, member.first); id != kNoNode) {
      known = true;
      if (!Within(id, member.second, member.first)) return false;
    }
    for (const auto& [regex, id] : node.patterns) {
      if (!Matches(*regex, member.first)) continue;
      known = true;
      if (!Within(id, member.second, member.first)) return false;
    }
    if (!known && node.additional != kNoNode) {
      known = true;
      const Node& rest = program_.nodes[static_cast<std::size_t>(node.additional)];
      if (rest.kind == Node::Kind::kFalse) return Fail("additionalProperties");
      if (!Within(node.additional, member.second, member.first)) return false;
    }
    if (known && marks != nullptr) marks->Mark(at, size);
    return true;
  }

  bool InPlace(const Node& node, const Json& value, Marks* marks) {
    if (node.ref != kNoNode && !Apply(node.ref, value, marks)) return false;
    if (node.dynamic_ref != kNoNode && !Apply(DynamicTarget(node), value, marks)) return false;
    for (const NodeId id : node.all_of) {
      if (!Apply(id, value, marks)) return false;
    }
    if (!node.any_of.empty() && !AnyOf(node, value, marks)) return Fail("anyOf");
    if (!node.one_of.empty() && !OneOf(node, value, marks)) return Fail("oneOf");
    if (node.negated != kNoNode && (Try(node.negated, value, nullptr) || over_)) return Fail("not");
    if (node.condition != kNoNode && !Conditional(node, value, marks)) return false;
    if (value.is_object()) {
      for (const auto& [name, id] : node.dependent_schemas) {
        if (value.Find(name) != nullptr && !Apply(id, value, marks)) return false;
      }
    }
    return true;
  }

  // Where marks are kept, every branch counts.
  bool AnyOf(const Node& node, const Json& value, Marks* marks) {
    bool any = false;
    for (const NodeId id : node.any_of) {
      Marks branch;
      if (!Try(id, value, marks != nullptr ? &branch : nullptr)) continue;
      any = true;
      if (marks == nullptr) break;
      marks->Join(branch);
    }
    return any;
  }

  bool OneOf(const Node& node, const Json& value, Marks* marks) {
    std::size_t count = 0;
    Marks chosen;
    for (const NodeId id : node.one_of) {
      Marks branch;
      if (!Try(id, value, marks != nullptr ? &branch : nullptr)) continue;
      if (++count > 1) return false;
      chosen = std::move(branch);
    }
    if (count == 1 && marks != nullptr) marks->Join(chosen);
    return count == 1;
  }

  bool Conditional(const Node& node, const Json& value, Marks* marks) {
    Marks branch;
    if (Try(node.condition, value, marks != nullptr ? &branch : nullptr)) {
      if (marks != nullptr) marks->Join(branch);
      return node.then == kNoNode || Apply(node.then, value, marks);
    }
    return node.otherwise == kNoNode || Apply(node.otherwise, value, marks);
  }

  // The outermost resource on the way here that has the anchor decides.
  NodeId DynamicTarget(const Node& node) const {
    if (node.dynamic_anchor.empty() && !node.recursive_ref) return node.dynamic_ref;
    for (const Resource* resource : scope_) {
      const auto found = program_.dynamic_targets.find({resource, node.dynamic_anchor});
      if (found != program_.dynamic_targets.end()) return found->second;
    }
    return node.dynamic_ref;
  }

  bool Unevaluated(const Node& node, const Json& value, Marks& marks) {
    if (value.is_array() && node.unevaluated_items != kNoNode) {
      const auto& items = value.array();
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!marks.Has(i) && !Try(node.unevaluated_items, items[i], nullptr)) return Fail("unevaluatedItems");
      }
      marks.MarkAll(items.size());
    }
    if (value.is_object() && node.unevaluated_properties != kNoNode) {
      const auto& members = value.object();
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (!marks.Has(i) && !Try(node.unevaluated_properties, members[i].second, nullptr)) return Fail("unevaluatedProperties");
      }
      marks.MarkAll(members.size());
    }
    return true;
  }

  const Program& program_;
  const std::function<bool(std::int64_t)>& spend_;
  Failure* failure_;
  std::vector<const Resource*> scope_;
  std::vector<std::string> path_;
  std::int64_t pending_ = 0;
  int depth_ = 0, speculative_ = 0;
  bool over_ = false, endless_ = false;
};

}  // namespace

Verdict Schema::Validate(const Json& value, const std::function<bool(std::int64_t)>& spend, Failure* failure) const {
  return Evaluator(*program_, spend, failure).Run(value);
}

}  // namespace rlar::jsonschema
