#include "cli/commands.h"
namespace rlar::cli { int ToolsAdd(const ToolsAddOptions&){return 2;} }
