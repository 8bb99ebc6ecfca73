#include "recipes/program/products/verdict.h"

#include <vector>

namespace arcproof::recipes {
namespace {

io::Json verdict_json(const std::vector<validation::Verdict>& verdicts) {
  io::Json list = io::Json::array();
  for (const validation::Verdict& v : verdicts) {
    io::Json one = io::Json::object();
    one["metric"] = v.criterion.metric;
    one["value"] = v.value;
    one["min"] = v.criterion.min ? io::Json(*v.criterion.min) : io::Json();
    one["max"] = v.criterion.max ? io::Json(*v.criterion.max) : io::Json();
    one["passed"] = v.passed;
    one["why"] = v.criterion.why;
    list.push_back(std::move(one));
  }
  return list;
}

io::Json checks_json(const std::vector<validation::BuiltInCheck>& checks) {
  io::Json list = io::Json::array();
  for (const validation::BuiltInCheck& check : checks) {
    io::Json one = io::Json::object();
    one["metric"] = check.criterion.metric;
    one["value"] = check.value;
    one["error"] = check.error;
    one["min"] = check.criterion.min ? io::Json(*check.criterion.min) : io::Json();
    one["max"] = check.criterion.max ? io::Json(*check.criterion.max) : io::Json();
    one["met"] = check.met;
    one["not_made"] = !check.made;
    one["why"] = check.criterion.why;
    list.push_back(std::move(one));
  }
  return list;
}

void make_verdict(RunData& run) {
  const auto verdicts = validation::judge(run.recipe.criteria, run.metrics);
  const auto checks = validation::built_in_checks(run.metrics);
  run.judgement = validation::judgement_of(verdicts, checks);
  run.report["passed"] = run.judgement != validation::Judgement::fail;
  run.report["verdict"] = validation::to_string(run.judgement);
  run.report["criteria"] = verdict_json(verdicts);
  run.report["checks"] = checks_json(checks);
}

}  // namespace

const Product verdict_product = {{}, always_asked_for, no_metrics, make_verdict, {}};

}  // namespace arcproof::recipes
