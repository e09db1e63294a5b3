// Exposition: metrics as text, in the format of Prometheus (0.0.4) or in that of OpenMetrics (1.0). Pure.
//
//     Exposition text{Format::openmetrics};
//     text.begin("forkmill_tasks", Kind::gauge, "Unfinished tasks.");
//     text.add({{"queue", "mail"}, {"state", "ready"}}, 17);
//     send(text.finish());
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::web {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

class Exposition {
 public:
  enum class Format { prometheus, openmetrics };
  enum class Kind { gauge, counter, histogram };

  explicit Exposition(Format format) : format_{format} {}

  // Begins a family. The name of a counter is given without "_total", which both formats add to its samples.
  void begin(std::string_view name, Kind kind, std::string_view help);
  // Adds a sample of the family. Values of labels may have any bytes.
  void add(const Labels& labels, double value);
  void add(double value) { add({}, value); }
  // Adds the samples of a histogram. `counts`: by the upper bound of their bucket, each with those of all smaller
  // bounds; the last bound is infinite.
  void add_histogram(const Labels& labels, const std::vector<std::pair<double, double>>& counts, double sum);
  // The whole text. Nothing may be added afterwards.
  std::string finish();

  // The media type of a format.
  static std::string media_type(Format format);

 private:
  void add_sample(std::string_view suffix, const Labels& labels, double value);

  Format format_;
  std::string sample_{};  // the name of the samples of the family
  std::string text_{};
};

// The format that the header Accept asks for.
Exposition::Format accepted_format(std::string_view accept);

// `text` as the value of a label, without its quotes: with escapes, and with U+FFFD for bytes that are not UTF-8.
std::string label_value(std::string_view text);

}  // namespace forkmill::web
