// The gate's harder half, for stored programs: an agent (or anyone) wrote them, so they are tried as a suspect is.
#pragma once

#include <string>
#include <vector>

#include "agents/admit/gate.h"

namespace rlar {

// Adds what the source does that it may not to evidence.objections; false where there is any: then it is not run at all.
bool InspectSource(const Tool& tool, const std::set<std::string>& without, Evidence& evidence);

// Adds to evidence.objections (and, with their cases, to evidence.failed): a verdict that moves with another order, batch, seed or a harmless
// change of the prompt; what it does while it runs that its source may hide; a kind of wrong answer that gets through; no other way of
// writing an answer accepted than the reference's own bytes; crashes; slowness. `several`: another row's answer may be right here too.
void ObjectToProgram(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, bool several,
                     const std::set<std::string>& without, Evidence& evidence);

}  // namespace rlar
