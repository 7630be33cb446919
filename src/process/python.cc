#include "process/python.h"

#include <cstdlib>
#include <filesystem>

namespace rlar {

namespace {

std::string Interpreter(const char* variable, const char* environment, const std::string& otherwise) {
  if (const char* named = std::getenv(variable); named != nullptr && *named != 0) return named;
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  if (!code) {
    const auto beside = program.parent_path() / "venvs" / environment / "bin" / "python";
    if (std::filesystem::exists(beside, code)) return beside.string();
  }
  return otherwise;
}

}  // namespace

std::string PythonInterpreter() { return Interpreter("RLAR_PYTHON", "main", "python3"); }

std::string ModelsPython() { return Interpreter("RLAR_MODELS_PYTHON", "models", PythonInterpreter()); }

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
