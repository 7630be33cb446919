// Every public header on its own, used as it is meant to be.
#include "rlar/engine.h"
#include "rlar/json.h"
#include "rlar/result.h"
#include "rlar/route.h"
#include "rlar/sample.h"
#include "rlar/score.h"
#include "rlar/snapshot.h"
#include "rlar/tool.h"
#include "rlar/verifier.h"

double Good(const rlar::Score& score) { return score.value().value_or(0); }
bool Fine() { return rlar::ParseJson("{}").has_value(); }
