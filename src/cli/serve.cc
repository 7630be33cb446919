#include "cli/commands.h"
namespace rlar::cli { int Serve(const ServeOptions&){return 2;} int ToolsAdd(const ToolsAddOptions&){return 2;} }
