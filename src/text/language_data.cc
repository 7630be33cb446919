#include "text/language_data.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace rlar {

std::string LanguageDataFolder() {
  if (const char* folder = std::getenv("RLAR_DATA_DIR"); folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "data" : (program.parent_path() / "data").string();
}

Result<std::string> ReadLanguageData(const std::string& name) {
  const std::string path = LanguageDataFolder() + "/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return MakeError(ErrorCode::kUnavailable, "language data '" + name + "' is not in " + LanguageDataFolder() + "; scripts/fetch_language_data puts it there");
  }
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

}  // namespace rlar
