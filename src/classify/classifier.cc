#include "classify/classifier.h"

#include <algorithm>
#include <cmath>

namespace rlar {
namespace {

Json StringArray(const std::set<std::string>& items) {
  Json array = Json::Array{};
  for (const std::string& item : items) array.Push(item);
  return array;
}

std::set<std::string> StringSet(const Json* array) {
  std::set<std::string> items;
  if (array == nullptr || !array->is_array()) return items;
  for (const Json& item : array->array()) {
    if (item.is_string()) items.insert(item.string());
  }
  return items;
}

}  // namespace

Json TaskModel::ToJson() const {
  Json json;
  json.Set("route_key", route_key);
  json.Set("sources", StringArray(sources));
  json.Set("shapes", StringArray(shapes));
  json.Set("param_names", StringArray(param_names));
  json.Set("centroid", VectorToJson(centroid));
  json.Set("min_similarity", min_similarity);
  json.Set("usual_similarity", usual_similarity);
  return json;
}

Result<TaskModel> TaskModelFromJson(const Json& json) {
  const Json* name = json.Find("name");
  const Json* signature = json.Find("signature");
  if (name == nullptr || !name->is_string() || signature == nullptr || !signature->is_object()) {
    return MakeError(ErrorCode::kCorrupt, "a task needs a name and a signature");
  }
  TaskModel model;
  model.task = name->string();
  if (const Json* key = signature->Find("route_key"); key != nullptr && key->is_string()) model.route_key = key->string();
  model.sources = StringSet(signature->Find("sources"));
  model.shapes = StringSet(signature->Find("shapes"));
  model.param_names = StringSet(signature->Find("param_names"));
  auto centroid = VectorFromJson(signature->Find("centroid"));
  if (!centroid) return MakeError(ErrorCode::kCorrupt, "the centroid of task '" + model.task + "'", centroid.error());
  model.centroid = std::move(*centroid);
  if (const Json* least = signature->Find("min_similarity"); least != nullptr && least->is_number()) {
    model.min_similarity = least->number();
  }
  if (const Json* usual = signature->Find("usual_similarity"); usual != nullptr && usual->is_number()) {
    model.usual_similarity = usual->number();
  }
  return model;
}

TaskClassifier::TaskClassifier(std::vector<TaskModel> models, std::unordered_map<std::uint32_t, float> idf, float default_idf)
    : models_(std::move(models)), default_idf_(default_idf) {
  for (const auto& [feature, weight] : idf) features_[feature].idf = weight;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    for (const auto& [feature, weight] : models_[i].centroid) {
      Feature& known = features_.try_emplace(feature, Feature{default_idf, {}}).first->second;
      known.tasks.emplace_back(static_cast<std::uint32_t>(i), weight);
    }
  }
}

Result<std::unique_ptr<TaskClassifier>> TaskClassifier::FromManifest(const Json& manifest) {
  std::vector<TaskModel> models;
  if (const Json* tasks = manifest.Find("tasks"); tasks != nullptr && tasks->is_array()) {
    for (const Json& task : tasks->array()) {
      auto model = TaskModelFromJson(task);
      if (!model) return model.error();
      for (const TaskModel& other : models) {
        if (other.task == model->task) {
          return MakeError(ErrorCode::kAlreadyExists, "task '" + model->task + "' stands twice in the library");
        }
      }
      models.push_back(std::move(*model));
    }
  }
  std::unordered_map<std::uint32_t, float> idf;
  if (const Json* stored = manifest.Find("idf"); stored != nullptr) {
    auto pairs = VectorFromJson(stored);
    if (!pairs) return pairs.error();
    idf.insert(pairs->begin(), pairs->end());
  }
  const Json* rarest = manifest.Find("idf_default");
  const float default_idf = rarest != nullptr && rarest->is_number() ? static_cast<float>(rarest->number()) : 1.0f;
  return std::make_unique<TaskClassifier>(std::move(models), std::move(idf), default_idf);
}

TaskGuess TaskClassifier::Classify(const Query& query) const {
  if (!query.task.empty()) {
    for (const TaskModel& model : models_) {
      if (model.task == query.task) return {model.task, 1.0, "the row names its task"};
    }
  }
  const std::string shape = ReferenceShape(query.reference);
  const std::string params = ParamNames(query);
  std::vector<const TaskModel*> alike, same_source;
  for (const TaskModel& model : models_) {
    if (model.shapes.count(shape) == 0 || model.param_names.count(params) == 0) continue;
    alike.push_back(&model);
    if (model.sources.count(query.source) != 0) same_source.push_back(&model);
  }
  const std::string described = "reference " + shape + (params.empty() ? "" : ", params " + params);
  TaskGuess guess{"", 0, "no task has rows with " + described, true};
  if (!same_source.empty()) {
    guess = Choose(std::move(same_source), query, described + (query.source.empty() ? "" : ", source " + query.source));
  } else if (!alike.empty()) {
    guess = Choose(std::move(alike), query, described);
  }
  if (!guess.task.empty()) return guess;
  if (const TaskModel* model = WordedAsUsual(query, shape, params)) {
    return {model->task, 0.5, described + ", which is new to this task, but its wording is the task's", true};
  }
  return guess;
}

// The task whose usual wording the query has, whatever shape its answers had so far; null where there is none, or where answers of this
// shape are checked in another way than texts are.
const TaskModel* TaskClassifier::WordedAsUsual(const Query& query, const std::string& shape, const std::string& params) const {
  const auto is_text = [](const std::string& kind) { return kind != "none" && kind != "object" && !kind.starts_with("list:"); };
  if (!is_text(shape)) return nullptr;
  const std::vector<double> similarities = Similarities(query);
  const TaskModel* best = nullptr;
  double most = 0;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    const TaskModel& model = models_[i];
    const bool texts = std::any_of(model.shapes.begin(), model.shapes.end(), is_text);
    if (!texts || model.param_names.count(params) == 0 || model.sources.count(query.source) == 0) continue;
    if (similarities[i] < model.usual_similarity || similarities[i] <= most) continue;
    best = &model;
    most = similarities[i];
  }
  return best;
}

std::vector<double> TaskClassifier::Similarities(const Query& query) const {
  std::vector<double> similarities(models_.size(), 0);
  double square = 0;
  for (const auto& [feature, count] : PromptFeatures(query)) {
    const auto at = features_.find(feature);
    const double weight = static_cast<double>(count) * (at != features_.end() ? at->second.idf : default_idf_);
    square += weight * weight;
    if (at == features_.end()) continue;
    for (const auto& [task, share] : at->second.tasks) similarities[task] += weight * share;
  }
  const double length = std::sqrt(square);
  if (length > 0) {
    for (double& similarity : similarities) similarity /= length;
  }
  return similarities;
}

TaskGuess TaskClassifier::Choose(std::vector<const TaskModel*> candidates, const Query& query, std::string_view matched) const {
  const std::vector<double> similarities = Similarities(query);
  const TaskModel* best = nullptr;
  double best_similarity = -1, second = -1;
  for (const TaskModel* model : candidates) {
    const double similarity = similarities[static_cast<std::size_t>(model - models_.data())];
    if (similarity > best_similarity) {
      second = best_similarity;
      best_similarity = similarity;
      best = model;
    } else {
      second = std::max(second, similarity);
    }
  }
  const bool unusual = best_similarity < best->usual_similarity;
  if (candidates.size() == 1) return {best->task, 1.0, std::string(matched), unusual};
  const bool same_route = std::all_of(candidates.begin(), candidates.end(), [&](const TaskModel* model) { return model->route_key == best->route_key; });
  if (same_route) return {best->task, 1.0, std::string(matched) + "; every such task is scored alike", unusual};
  if (best_similarity < best->min_similarity) {
    return {"", 0, std::string(matched) + "; its wording is near no known task", true};
  }
  const double confidence = best_similarity <= 0 ? 0 : std::min(1.0, 0.5 + (best_similarity - std::max(second, 0.0)) / (2 * best_similarity));
  return {best->task, confidence, std::string(matched) + "; its wording is nearest to this task's", unusual};
}

}  // namespace rlar
