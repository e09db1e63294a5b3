#include "client/web/metrics/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace forkmill::web {

namespace {

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

const char* type_name(Exposition::Kind kind) {
  switch (kind) {
    case Exposition::Kind::gauge:
      return "gauge";
    case Exposition::Kind::counter:
      return "counter";
    case Exposition::Kind::histogram:
      return "histogram";
  }
  return "unknown";
}

}  // namespace

std::string label_value(std::string_view text) {
  // The JSON library replaces what is not UTF-8. Quotes and backslashes are escaped alike in JSON and here.
  const auto json = nlohmann::json(std::string{text}).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') {
      out += json[i];
      continue;
    }
    const char escaped = json[++i];
    const bool is_known = escaped == '\\' || escaped == '"' || escaped == 'n';
    out += is_known ? "\\" : "\\\\";  // other control characters are shown as in JSON: "\\u001b"
    out += escaped;
  }
  return out;
}

void Exposition::begin(std::string_view name, Kind kind, std::string_view help) {
  sample_ = std::string{name} + (kind == Kind::counter ? "_total" : "");
  const auto family = format_ == Format::openmetrics ? std::string{name} : sample_;
  text_ += "# HELP " + family + " " + std::string{help} + "\n";
  text_ += "# TYPE " + family + " " + type_name(kind) + "\n";
}

void Exposition::add(const Labels& labels, double value) { add_sample("", labels, value); }

void Exposition::add_histogram(const Labels& labels, const std::vector<std::pair<double, double>>& counts, double sum) {
  auto of_bucket = labels;
  of_bucket.emplace_back("le", "");
  for (const auto& [bound, count] : counts) {
    of_bucket.back().second = number_text(bound);
    add_sample("_bucket", of_bucket, count);
  }
  add_sample("_sum", labels, sum);
  add_sample("_count", labels, counts.empty() ? 0 : counts.back().second);
}

void Exposition::add_sample(std::string_view suffix, const Labels& labels, double value) {
  text_ += sample_;
  text_ += suffix;
  const char* before = "{";
  for (const auto& [name, of_label] : labels) {
    text_ += before + std::string{name} + "=\"" + label_value(of_label) + "\"";
    before = ",";
  }
  text_ += (labels.empty() ? " " : "} ") + number_text(value) + "\n";
}

std::string Exposition::finish() {
  if (format_ == Format::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

std::string Exposition::media_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

Exposition::Format accepted_format(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos ? Exposition::Format::openmetrics
                                                                               : Exposition::Format::prometheus;
}

}  // namespace forkmill::web
