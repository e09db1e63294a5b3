#include "client/web/metrics/exposition.h"

#include <doctest/doctest.h>

#include <limits>

namespace forkmill::web::exposition_test {
namespace {

using Format = Exposition::Format;
using Kind = Exposition::Kind;

std::string example(Format format) {
  Exposition text{format};
  text.begin("jobs", Kind::counter, "Jobs.");
  text.add({{"queue", "mail"}, {"state", "ready"}}, 3);
  text.begin("age_seconds", Kind::gauge, "Age.");
  text.add(0.25);
  return text.finish();
}

TEST_CASE("the family of a counter has another name in each format") {
  CHECK(example(Format::prometheus) ==
        "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{queue=\"mail\",state=\"ready\"} 3\n"
        "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 0.25\n");
  CHECK(example(Format::openmetrics) ==
        "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{queue=\"mail\",state=\"ready\"} 3\n"
        "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 0.25\n# EOF\n");
}

TEST_CASE("a histogram has its buckets, its sum and its count") {
  Exposition text{Format::openmetrics};
  text.begin("wait_seconds", Kind::histogram, "Wait.");
  text.add_histogram({{"queue", "q"}}, {{0.5, 1}, {std::numeric_limits<double>::infinity(), 3}}, 7.25);
  CHECK(text.finish() ==
        "# HELP wait_seconds Wait.\n# TYPE wait_seconds histogram\n"
        "wait_seconds_bucket{queue=\"q\",le=\"0.5\"} 1\nwait_seconds_bucket{queue=\"q\",le=\"+Inf\"} 3\n"
        "wait_seconds_sum{queue=\"q\"} 7.25\nwait_seconds_count{queue=\"q\"} 3\n# EOF\n");
}

TEST_CASE("the format follows the header Accept") {
  CHECK(accepted_format("") == Format::prometheus);
  CHECK(accepted_format("text/plain") == Format::prometheus);
  CHECK(accepted_format("application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == Format::openmetrics);
}

TEST_CASE("values of labels can forge no samples") {
  CHECK(label_value("a\"} 1\nforged 2\\") == R"(a\"} 1\nforged 2\\)");
  CHECK(label_value("\r\x01") == R"(\\r\\u0001)");
  CHECK(label_value("\xff") == "\xef\xbf\xbd");
  CHECK(label_value("ä/b") == "ä/b");
}

TEST_CASE("numbers are written as the formats have them") {
  Exposition text{Format::prometheus};
  text.begin("n", Kind::gauge, "N.");
  for (const double value : {1e15, 0.1, -1.0, std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    text.add(value);
  CHECK(text.finish() == "# HELP n N.\n# TYPE n gauge\nn 1e+15\nn 0.1\nn -1\nn +Inf\nn -Inf\nn NaN\n");
}

}  // namespace
}  // namespace forkmill::web::exposition_test
