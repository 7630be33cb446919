// A compiled schema: one node per subschema, children by index. Immutable once compiled.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jsonschema/documents.h"
#include "jsonschema/formats.h"
#include "jsonschema/regex.h"
#include "jsonschema/schema.h"

namespace rlar::jsonschema {

using NodeId = std::int32_t;
inline constexpr NodeId kNoNode = -1;
inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

enum TypeBits : std::uint8_t { kNullBit = 1, kBoolBit = 2, kObjectBit = 4, kArrayBit = 8, kNumberBit = 16, kStringBit = 32, kIntegerBit = 64 };

struct Node {
  const Resource* resource = nullptr;
  enum class Kind : std::uint8_t { kKeywords, kTrue, kFalse } kind = Kind::kKeywords;
  std::uint8_t types = 0;  // 0: any
  bool unique_items = false;
  bool unevaluated = false;  // has unevaluatedItems or unevaluatedProperties
  bool applies_in_place = false;

  const Json* constant = nullptr;
  const Json* enumeration = nullptr;
  const Json *minimum = nullptr, *maximum = nullptr, *above = nullptr, *below = nullptr, *multiple_of = nullptr;
  bool on_numbers = false, on_strings = false, on_arrays = false, on_objects = false;

  std::size_t min_length = 0, max_length = kNoLimit;
  const Regex* pattern = nullptr;
  FormatCheck format = nullptr;

  std::size_t min_items = 0, max_items = kNoLimit, min_contains = 1, max_contains = kNoLimit;
  std::vector<NodeId> prefix;
  NodeId items = kNoNode, contains = kNoNode, unevaluated_items = kNoNode;

  std::size_t min_properties = 0, max_properties = kNoLimit;
  std::vector<std::pair<std::string_view, NodeId>> properties;
  std::unordered_map<std::string_view, NodeId> property_index;  // where there are many
  std::vector<std::pair<const Regex*, NodeId>> patterns;
  NodeId additional = kNoNode, names = kNoNode, unevaluated_properties = kNoNode;
  std::vector<std::string_view> required;
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> dependent_required;
  std::vector<std::pair<std::string_view, NodeId>> dependent_schemas;

  std::vector<NodeId> all_of, any_of, one_of;
  NodeId negated = kNoNode, condition = kNoNode, then = kNoNode, otherwise = kNoNode;
  NodeId ref = kNoNode, dynamic_ref = kNoNode;
  std::string dynamic_anchor;  // of dynamic_ref; empty: it does not move
  bool recursive_ref = false;  // dynamic_ref is 2019-09's
};

class Program {
 public:
  explicit Program(const Json& schema, const Options& options) : root_schema(schema), options(options), documents(this->options) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  NodeId Property(const Node& node, std::string_view name) const {
    if (!node.property_index.empty()) {
      const auto found = node.property_index.find(name);
      return found == node.property_index.end() ? kNoNode : found->second;
    }
    for (const auto& [known, id] : node.properties) {
      if (known == name) return id;
    }
    return kNoNode;
  }

  const Json root_schema;
  const Options options;
  Documents documents;
  std::vector<Node> nodes;
  NodeId root = kNoNode;
  std::map<std::string, Regex, std::less<>> regexes;
  // What a dynamic anchor means where a resource is the outermost that has it; "" is 2019-09's recursive anchor.
  std::map<std::pair<const Resource*, std::string>, NodeId> dynamic_targets;
};

}  // namespace rlar::jsonschema
