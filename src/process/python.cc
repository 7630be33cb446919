#include "process/python.h"

#include <cstdlib>
#include <filesystem>

namespace rlar {

std::string PythonInterpreter() {
  if (const char* named = std::getenv("RLAR_PYTHON"); named != nullptr && *named != 0) return named;
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (!code) {
    const auto beside = program.parent_path() / "venvs" / "main" / "bin" / "python";
    if (std::filesystem::exists(beside, code)) return beside.string();
  }
  return "python3";
}

ChildOptions PythonProgram(std::string_view source, std::vector<std::string> arguments, std::string interpreter) {
  ChildOptions options;
  options.argv = {interpreter.empty() ? PythonInterpreter() : std::move(interpreter), "-c", std::string(source)};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  for (const char* name : {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}) {
    if (const char* value = std::getenv(name)) options.environment.push_back(std::string(name) + "=" + value);
  }
  options.environment.push_back("PYTHONUNBUFFERED=1");
  options.environment.push_back("PYTHONIOENCODING=utf-8");
  return options;
}

}  // namespace rlar
