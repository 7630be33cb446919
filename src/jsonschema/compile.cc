// Schema → program. Subschemas are taken from a queue, so that long chains of references need no stack.
#include <algorithm>
#include <deque>
#include <set>

#include "base/text.h"
#include "jsonschema/keywords.h"
#include "jsonschema/number.h"
#include "jsonschema/program.h"
#include "jsonschema/uri.h"

namespace rlar::jsonschema {
namespace {

constexpr std::size_t kMostNodes = 200'000;
constexpr std::size_t kIndexFrom = 9;  // properties

struct TypeName {
  std::string_view name;
  std::uint8_t bits;
};
constexpr TypeName kTypes[] = {{"null", kNullBit},     {"boolean", kBoolBit},  {"object", kObjectBit},  {"array", kArrayBit},
                               {"number", kNumberBit}, {"string", kStringBit}, {"integer", kIntegerBit}};

class Compiler {
 public:
  explicit Compiler(Program& program) : program_(program) {}

  Result<void> Run() {
    const Draft draft = program_.options.draft.value_or(Draft::k2020);
    if (auto added = program_.documents.Add(program_.root_schema, "", draft); !added) return added;
    program_.root = NodeFor(program_.root_schema, *program_.documents.ResourceAt(program_.root_schema), "#");
    for (;;) {
      while (!queue_.empty() && error_.empty()) {
        const Item item = std::move(queue_.front());
        queue_.pop_front();
        Fill(item);
      }
      if (!error_.empty()) return MakeError(ErrorCode::kInvalidArgument, error_);
      if (!AddDynamicTargets()) return {};
    }
  }

 private:
  struct Item {
    NodeId id;
    const Json* schema;
    const Resource* resource;
    std::string path;
  };

  NodeId NodeFor(const Json& schema, const Resource& resource, const std::string& path) {
    const auto known = ids_.find(&schema);
    if (known != ids_.end()) return known->second;
    if (program_.nodes.size() >= kMostNodes) Refuse(path, "the schema is too large");
    const auto id = static_cast<NodeId>(program_.nodes.size());
    program_.nodes.emplace_back();
    ids_[&schema] = id;
    const Resource* own = program_.documents.ResourceAt(schema);
    queue_.push_back({id, &schema, own != nullptr ? own : &resource, path});
    return id;
  }

  void Refuse(const std::string& path, const std::string& what) {
    if (error_.empty()) error_ = path + ": " + what;
  }

  // Dynamic anchors of every resource known by now; false when nothing was new.
  bool AddDynamicTargets() {
    bool added = false;
    for (const auto& [schema, id] : std::map<const Json*, NodeId>(ids_.begin(), ids_.end())) {
      const Resource* resource = program_.documents.ResourceAt(*schema);
      if (resource == nullptr) continue;
      for (const std::string& anchor : anchors_) {
        const auto target = resource->dynamic_anchors.find(anchor);
        const Json* place =
            anchor.empty() ? (resource->recursive_anchor ? resource->root : nullptr) : (target == resource->dynamic_anchors.end() ? nullptr : target->second);
        if (place == nullptr || program_.dynamic_targets.contains({resource, anchor})) continue;
        program_.dynamic_targets[{resource, anchor}] = NodeFor(*place, *resource, "#" + anchor);
        added = true;
      }
    }
    // Resources are entered by their inner places too.
    for (const Node& node : std::vector<Node>(program_.nodes.begin(), program_.nodes.end())) {
      if (node.resource == nullptr) continue;
      for (const std::string& anchor : anchors_) {
        const auto target = node.resource->dynamic_anchors.find(anchor);
        if (anchor.empty() || target == node.resource->dynamic_anchors.end() || program_.dynamic_targets.contains({node.resource, anchor})) continue;
        program_.dynamic_targets[{node.resource, anchor}] = NodeFor(*target->second, *node.resource, "#" + anchor);
        added = true;
      }
    }
    return added;
  }

  void Fill(const Item& item) {
    Node node;
    node.resource = item.resource;
    if (item.schema->is_bool()) {
      node.kind = item.schema->boolean() ? Node::Kind::kTrue : Node::Kind::kFalse;
    } else if (!item.schema->is_object()) {
      Refuse(item.path, "a schema is an object or a boolean");
    } else {
      item_ = &item;
      node_ = &node;
      draft_ = item.resource->draft;
      const Json* ref = item.schema->Find("$ref");
      if (ref != nullptr) Reference(*ref);
      if (ref == nullptr || draft_ >= Draft::k2019) {
        for (const auto& [key, value] : item.schema->object()) Keyword(key, value);
        Contains();
      }
      node.applies_in_place = node.ref != kNoNode || node.dynamic_ref != kNoNode || !node.all_of.empty() || !node.any_of.empty() || !node.one_of.empty() ||
                              node.negated != kNoNode || node.condition != kNoNode || !node.dependent_schemas.empty();
      if (node.condition == kNoNode) node.then = node.otherwise = kNoNode;
      if (node.properties.size() >= kIndexFrom) node.property_index.insert(node.properties.begin(), node.properties.end());
    }
    program_.nodes[static_cast<std::size_t>(item.id)] = std::move(node);
  }

  std::string PathOf(std::string_view key) const { return item_->path + "/" + EscapePointer(key); }
  void Wrong(std::string_view key, std::string_view what) { Refuse(PathOf(key), "must be " + std::string(what)); }
  NodeId Child(std::string_view key, const Json& schema) { return NodeFor(schema, *item_->resource, PathOf(key)); }

  void Reference(const Json& value) {
    if (!value.is_string()) return Wrong("$ref", "a string");
    auto target = program_.documents.Resolve(*item_->resource, value.string());
    if (!target) return Refuse(PathOf("$ref"), target.error().ToString());
    node_->ref = NodeFor(*target->schema, *target->resource, value.string());
  }

  void DynamicReference(std::string_view key, const Json& value) {
    if (!value.is_string()) return Wrong(key, "a string");
    auto target = program_.documents.Resolve(*item_->resource, value.string());
    if (!target) return Refuse(PathOf(key), target.error().ToString());
    node_->dynamic_ref = NodeFor(*target->schema, *target->resource, value.string());
    if (key == "$recursiveRef") {
      node_->recursive_ref = target->resource->recursive_anchor;
      if (node_->recursive_ref) anchors_.insert("");
    } else if (!target->dynamic_anchor.empty()) {
      node_->dynamic_anchor = target->dynamic_anchor;
      anchors_.insert(target->dynamic_anchor);
    }
  }

  bool Size(std::string_view key, const Json& value, std::size_t& out) {
    if (!value.is_number() || !IsWhole(value) || value.number() < 0) return Wrong(key, "a whole number that is not negative"), false;
    out = value.number() > 1e15 ? static_cast<std::size_t>(1e15) : static_cast<std::size_t>(value.number());
    return true;
  }
  const Json* Number(std::string_view key, const Json& value) {
    if (!value.is_number()) Wrong(key, "a number");
    node_->on_numbers = true;
    return value.is_number() ? &value : nullptr;
  }
  std::vector<std::string_view> Names(std::string_view key, const Json& value) {
    std::vector<std::string_view> names;
    const bool right = value.is_array() && std::all_of(value.array().begin(), value.array().end(), [](const Json& name) { return name.is_string(); });
    if (!right) return Wrong(key, "a list of strings"), names;
    for (const Json& name : value.array()) names.push_back(name.string());
    return names;
  }
  std::vector<NodeId> List(std::string_view key, const Json& value) {
    std::vector<NodeId> ids;
    if (!value.is_array() || value.array().empty()) return Wrong(key, "a list of schemas that is not empty"), ids;
    for (std::size_t i = 0; i < value.array().size(); ++i) ids.push_back(NodeFor(value.array()[i], *item_->resource, PathOf(key) + "/" + std::to_string(i)));
    return ids;
  }
  const Regex* Pattern(std::string_view key, const std::string& text) {
    const auto known = program_.regexes.find(text);
    if (known != program_.regexes.end()) return &known->second;
    auto regex = Regex::Make(text);
    if (!regex) return Refuse(PathOf(key), regex.error().ToString()), nullptr;
    return &program_.regexes.emplace(text, std::move(*regex)).first->second;
  }

  void Keyword(std::string_view key, const Json& value) {
    if (key.size() > 1 && key[0] == '$') {
      if (key == "$dynamicRef" && draft_ >= Draft::k2020) DynamicReference(key, value);
      if (key == "$recursiveRef" && draft_ == Draft::k2019) DynamicReference(key, value);
      return;
    }
    if (ApplicatorInPlace(key, value) || OnArrays(key, value) || OnObjects(key, value)) return;
    if (!item_->resource->validation) {
      if (key == "format") Format(value);
      return;
    }
    if (key == "type")
      Type(value);
    else if (key == "const")
      node_->constant = &value;
    else if (key == "enum")
      value.is_array() ? void(node_->enumeration = &value) : Wrong(key, "a list");
    else
      OnNumbers(key, value) || OnStrings(key, value);
  }

  void Type(const Json& value) {
    const auto add = [&](const Json& name) {
      for (const TypeName& type : kTypes) {
        if (name.is_string() && name.string() == type.name) return void(node_->types |= type.bits);
      }
      Wrong("type", "null, boolean, object, array, number, integer or string, or a list of these");
    };
    if (!value.is_array()) return add(value);
    for (const Json& name : value.array()) add(name);
    if (value.array().empty()) Wrong("type", "a type, or a list of types that is not empty");
  }

  bool OnNumbers(std::string_view key, const Json& value) {
    if (key == "minimum")
      node_->minimum = Number(key, value);
    else if (key == "maximum")
      node_->maximum = Number(key, value);
    else if (key == "exclusiveMinimum")
      node_->above = Number(key, value);
    else if (key == "exclusiveMaximum")
      node_->below = Number(key, value);
    else if (key == "multipleOf") {
      node_->multiple_of = Number(key, value);
      if (value.is_number() && value.number() <= 0) Wrong(key, "greater than 0");
    } else
      return false;
    return true;
  }

  bool OnStrings(std::string_view key, const Json& value) {
    if (key == "minLength")
      Size(key, value, node_->min_length);
    else if (key == "maxLength")
      Size(key, value, node_->max_length);
    else if (key == "pattern") {
      if (!value.is_string())
        Wrong(key, "a string");
      else
        node_->pattern = Pattern(key, value.string());
    } else if (key == "format")
      Format(value);
    else
      return false;
    node_->on_strings = true;
    return true;
  }

  void Format(const Json& value) {
    if (!value.is_string()) return Wrong("format", "a string");
    if (!item_->resource->assert_format) return;
    node_->format = FindFormat(value.string());
    node_->on_strings |= node_->format != nullptr;
  }

  bool OnArrays(std::string_view key, const Json& value) {
    const bool modern = draft_ >= Draft::k2020;
    if (key == "prefixItems" && modern)
      node_->prefix = List(key, value);
    else if (key == "items") {
      if (!modern && value.is_array()) {
        for (std::size_t i = 0; i < value.array().size(); ++i)
          node_->prefix.push_back(NodeFor(value.array()[i], *item_->resource, PathOf(key) + "/" + std::to_string(i)));
        if (const Json* rest = item_->schema->Find("additionalItems")) node_->items = Child("additionalItems", *rest);
      } else {
        node_->items = Child(key, value);
      }
    } else if (key == "contains")
      node_->contains = Child(key, value);
    else if (key == "unevaluatedItems" && draft_ >= Draft::k2019)
      node_->unevaluated_items = Child(key, value), node_->unevaluated = true;
    else if (!item_->resource->validation)
      return false;
    else if (key == "minItems")
      Size(key, value, node_->min_items);
    else if (key == "maxItems")
      Size(key, value, node_->max_items);
    else if (key == "uniqueItems")
      value.is_bool() ? void(node_->unique_items = value.boolean()) : Wrong(key, "a boolean");
    else
      return false;
    node_->on_arrays = true;
    return true;
  }

  // Their counts mean nothing without `contains`.
  void Contains() {
    if (node_->contains == kNoNode || draft_ < Draft::k2019 || !item_->resource->validation) return;
    if (const Json* least = item_->schema->Find("minContains")) Size("minContains", *least, node_->min_contains);
    if (const Json* most = item_->schema->Find("maxContains")) Size("maxContains", *most, node_->max_contains);
  }

  bool OnObjects(std::string_view key, const Json& value) {
    if (key == "properties" || key == "patternProperties" || key == "dependentSchemas") {
      if (key == "dependentSchemas" && draft_ < Draft::k2019) return false;
      if (!value.is_object()) return Wrong(key, "an object of schemas"), true;
      for (const auto& [name, schema] : value.object()) {
        const NodeId id = NodeFor(schema, *item_->resource, PathOf(key) + "/" + EscapePointer(name));
        if (key == "properties")
          node_->properties.emplace_back(name, id);
        else if (key == "dependentSchemas")
          node_->dependent_schemas.emplace_back(name, id);
        else
          node_->patterns.emplace_back(Pattern(key, name), id);
      }
    } else if (key == "additionalProperties")
      node_->additional = Child(key, value);
    else if (key == "propertyNames")
      node_->names = Child(key, value);
    else if (key == "unevaluatedProperties" && draft_ >= Draft::k2019)
      node_->unevaluated_properties = Child(key, value), node_->unevaluated = true;
    else if (key == "dependencies")
      Dependencies(key, value);
    else if (!item_->resource->validation)
      return false;
    else if (key == "dependentRequired" && draft_ >= Draft::k2019)
      Dependencies(key, value);
    else if (key == "required")
      node_->required = Names(key, value);
    else if (key == "minProperties")
      Size(key, value, node_->min_properties);
    else if (key == "maxProperties")
      Size(key, value, node_->max_properties);
    else
      return false;
    node_->on_objects = true;
    return true;
  }

  void Dependencies(std::string_view key, const Json& value) {
    if (!value.is_object()) return Wrong(key, "an object");
    for (const auto& [name, needs] : value.object()) {
      if (needs.is_array())
        node_->dependent_required.emplace_back(name, Names(key, needs));
      else if (key == "dependencies")
        node_->dependent_schemas.emplace_back(name, NodeFor(needs, *item_->resource, PathOf(key) + "/" + EscapePointer(name)));
      else
        Wrong(key, "an object of lists of strings");
    }
  }

  bool ApplicatorInPlace(std::string_view key, const Json& value) {
    if (key == "allOf")
      node_->all_of = List(key, value);
    else if (key == "anyOf")
      node_->any_of = List(key, value);
    else if (key == "oneOf")
      node_->one_of = List(key, value);
    else if (key == "not")
      node_->negated = Child(key, value);
    else if (draft_ < Draft::k07)
      return false;
    else if (key == "if")
      node_->condition = Child(key, value);
    else if (key == "then")
      node_->then = Child(key, value);
    else if (key == "else")
      node_->otherwise = Child(key, value);
    else
      return false;
    return true;
  }

  Program& program_;
  std::deque<Item> queue_;
  std::unordered_map<const Json*, NodeId> ids_;
  std::set<std::string> anchors_;
  std::string error_;
  const Item* item_ = nullptr;
  Node* node_ = nullptr;
  Draft draft_ = Draft::k2020;
};

}  // namespace

Result<Schema> Schema::Compile(const Json& schema, const Options& options) {
  auto program = std::make_shared<Program>(schema, options);
  if (auto done = Compiler(*program).Run(); !done) return done.error();
  return Schema(std::move(program));
}

}  // namespace rlar::jsonschema
