// Evolver: `rlar evolve --watch` beside a server, as a process of its own: building never takes a scoring thread, and what it does wrong ends
// nothing but itself.
#pragma once

#include <stop_token>
#include <string>

namespace rlar::cli {

// Runs it until `stop`, and again after a pause where it ends by itself; where its settings are wrong, says so and returns. What it prints goes to
// standard error. The child ends with this process, however that ends. `config`: a settings file, or empty.
void RunEvolver(const std::string& library, const std::string& config, const std::stop_token& stop);

}  // namespace rlar::cli
