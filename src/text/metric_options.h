// The text metrics' options from parameters named as sacrebleu and rouge-score name them, for verifiers and for corpus scores alike.
#pragma once

#include "rlar/result.h"
#include "rlar/verifier.h"
#include "text/bleu.h"
#include "text/chrf.h"
#include "text/meteor.h"
#include "text/rouge.h"
#include "text/ter.h"

namespace rlar {

// Each takes the bound parameters of the verifier of its name. The error says which parameter is out of range.
Result<BleuOptions> ReadBleuOptions(const Params& params);
Result<ChrfOptions> ReadChrfOptions(const Params& params);
TerOptions ReadTerOptions(const Params& params);
Result<std::vector<RougeType>> ReadRougeTypes(const Params& params);
// kUnavailable where the WordNet folder cannot be read.
Result<MeteorOptions> ReadMeteorOptions(const Params& params);

}  // namespace rlar
