#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "proto/log_limit.h"
#include "proto/printable.h"

namespace printable_test {

using namespace forkmill::proto;
using namespace std::chrono_literals;

namespace {

std::string line(std::string_view text) { return printable(text, LineBreaks::shown); }

}  // namespace

TEST_CASE("text of any language is shown as it is") {
  for (const char* text : {"", "plain", "a\tb", "Grüße", "日本語", "שלום", "🙂 ok", "a\u00a0b"})
    CHECK(line(text) == text);
}

TEST_CASE("what could control a terminal is shown as an escape") {
  CHECK(line("\x1b[31mred\x1b[m") == "\\x1b[31mred\\x1b[m");
  CHECK(line(std::string_view{"a\0b\r\x7f", 5}) == "a\\x00b\\x0d\\x7f");
  CHECK(line("\xc2\x9b[2J") == "\\u009b[2J");
  CHECK(line("user\u202egnp.exe\u2066") == "user\\u202egnp.exe\\u2066");
  CHECK(line("two\nlines\u2028") == "two\\nlines\\u2028");
  CHECK(printable("two\nlines", LineBreaks::kept) == "two\nlines");
}

TEST_CASE("bytes that are not UTF-8 are shown as escapes") {
  CHECK(line("\x9b[2J") == "\\x9b[2J");
  CHECK(line("\xff\xc0\xaf") == "\\xff\\xc0\\xaf");
  CHECK(line("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(line("\xe2\x82") == "\\xe2\\x82");
  CHECK(line("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
}

TEST_CASE("a cause writes a few lines a second to a log, and the others are counted") {
  LogLimit limit;
  std::size_t written = 0;
  for (int i = 0; i < 1000; ++i) written += limit.allows(Instant{i * 1ms}) ? 1 : 0;
  CHECK(written == LogLimit::kLines);
  CHECK(limit.allows(Instant{1s}));
  CHECK(limit.take_omitted() == " (995 similar lines omitted)");
  CHECK(limit.take_omitted().empty());
}

}  // namespace printable_test
