// Runs drafts in the sandbox.
#pragma once

#include <memory>

#include "agents/write_verifier/draft.h"

namespace rlar {

// The shared sandbox; an error where this host cannot set one up (then no draft is ever run).
Result<std::unique_ptr<DraftRunner>> MakeSandboxRunner();

}  // namespace rlar
