// There is no score without a status.
#include "rlar/score.h"
rlar::Score Bad() { return rlar::Score(); }
