// Probes for stored programs beyond those that every tool is tried on. Design: docs/admission.md.
#pragma once

#include <string>
#include <vector>

#include "agents/admit/probes.h"

namespace rlar {

// Hostile and near-miss responses for a row, and other ways of writing its answer.
std::vector<Probe> MakeProgramProbes(const Query& query, const std::string& shape, const std::vector<std::string>& others);

// The row's answer beside its reference, one of them written with other bytes that say the same: (response, reference)
// pairs. None where the text does not show what may change: only whole numbers, plain words and lists of them do.
std::vector<std::pair<std::string, std::string>> SurfacePairs(const std::string& reference);

// Prompts of nobody's task, of many lengths and endings, which together hold the words that are used most. The same for
// every row.
const std::vector<std::string>& ForeignPrompts();

}  // namespace rlar
