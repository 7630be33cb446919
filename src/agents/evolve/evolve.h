// One round of evolution: what the server gathered becomes a new library version, or waits for more. Never runs on a scoring thread.
//
//   DIR/evolve/gathered.jsonl   rows that a server appends (rlar serve --gather)
//   DIR/evolve/pending.jsonl    rows taken from there that no version serves yet
//   DIR/evolve/status.json      counters and alarms of the server (docs/schemas/status.json)
//   DIR/evolve/round.json       the last round: rows that wait, budget of the hour, why nothing was built (status.json, field "evolution")
#pragma once

#include <string>
#include <vector>

#include "agents/build.h"
#include "llm/hour_budget.h"

namespace rlar {

struct EvolveJob {
  BuildJob build;              // its `data` is filled in
  HourBudget* hour = nullptr;  // what rounds may cost in an hour; null: anything
  // Sets the language model's client and the judges of one round, with the run's budget whole; called only where there is something to build.
  // Null: `build` keeps its own.
  std::function<Result<void>(BuildJob&)> connect;
  std::size_t min_rows = 12;  // pending rows below which nothing is built
  double sick_failed = 0.2;   // a route whose share of failed queries is surely above this is taken out of use
  double gamed_rise = 0.2;    // and one whose second tool doubts it surely that much more often than it did
};

struct EvolveResult {
  std::string version;  // in force afterwards
  bool published = false;
  std::size_t pending = 0;           // rows that wait still
  std::string refused;               // why nothing was built although enough rows wait; empty: it was, or they do not
  std::vector<std::string> changes;  // sentences for people and the journal
};

// Safe to kill at any point: rows are moved before they are worked on and dropped only after a version that serves them is in force.
Result<EvolveResult> EvolveOnce(LibraryStore& store, EvolveJob job);

}  // namespace rlar
