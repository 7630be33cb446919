// TaskClassifier: query → task, from what a build learned: for each task the shapes and parameters its rows had, and the
// centroid of its prompts. Pure and immutable; microseconds a query.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "classify/features.h"
#include "rlar/snapshot.h"

namespace rlar {

// What one task's rows look like; `tasks` of a manifest hold it as "signature".
struct TaskModel {
  std::string task;
  std::string route_key;  // tasks with the same key are scored alike
  std::set<std::string> sources;
  std::set<std::string> shapes;
  std::set<std::string> param_names;
  SparseVector centroid;        // unit length, of tf-idf weighted features
  double min_similarity = 0;    // below it a prompt is none of this task's
  double usual_similarity = 0;  // 19 of 20 of its rows are at least this near to the centroid; 0: unknown

  Json ToJson() const;
};
Result<TaskModel> TaskModelFromJson(const Json& json);

class TaskClassifier {
 public:
  // `idf`: inverse document frequency by feature; `default_idf` for features it does not hold.
  TaskClassifier(std::vector<TaskModel> models, std::unordered_map<std::uint32_t, float> idf, float default_idf = 1);
  static Result<std::unique_ptr<TaskClassifier>> FromManifest(const Json& manifest);
  TaskGuess Classify(const Query& query) const;

 private:
  const TaskModel* WordedAsUsual(const Query& query, const std::string& shape, const std::string& params) const;
  TaskGuess Choose(std::vector<const TaskModel*> candidates, const Query& query, std::string_view matched) const;
  // Cosine of the query's wording to every task's centroid, by index.
  std::vector<double> Similarities(const Query& query) const;
  std::vector<TaskModel> models_;
  // What is known of a feature: its inverse document frequency, and the tasks whose centroids hold it.
  struct Feature {
    float idf = 0;
    std::vector<std::pair<std::uint32_t, float>> tasks;
  };
  std::unordered_map<std::uint32_t, Feature> features_;
  float default_idf_;
};

}  // namespace rlar
