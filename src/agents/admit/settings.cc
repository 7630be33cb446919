#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "agents/admit/gate.h"

namespace rlar {

Result<GateSettings> LoadGateSettings(const std::string& path) {
  GateSettings settings;
  toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "'" + path + "': " + std::string(parsed.error().description()) + " in line " + std::to_string(parsed.error().source().begin.line));
  }
  const toml::table* gate = parsed.table()["gate"].as_table();
  if (gate == nullptr) return settings;
  for (const auto& [key, value] : *gate) {
    const auto number = value.value<double>();
    const std::string name(key.str());
    if (!number || *number < 0) return MakeError(ErrorCode::kInvalidArgument, "'" + path + "': gate." + name + " must be a number >= 0");
    if (name == "min_accept") {
      settings.min_accept = *number;
    } else if (name == "min_refuse") {
      settings.min_refuse = *number;
    } else if (name == "min_pairs") {
      settings.min_pairs = *number;
    } else if (name == "weak") {
      settings.weak = *number > 0;
    } else if (name == "min_rows") {
      settings.min_rows = static_cast<std::size_t>(*number);
    } else {
      return MakeError(ErrorCode::kInvalidArgument, "'" + path + "': unknown key gate." + name);
    }
  }
  return settings;
}

}  // namespace rlar
