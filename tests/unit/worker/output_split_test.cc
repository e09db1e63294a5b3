// Which attempt has printed what: bytes of the supervisor against marks of the child.
#include "worker/rules/logs/output_split.h"

#include <doctest/doctest.h>

#include <map>

namespace output_split_test {

using namespace forkmill;
using namespace forkmill::worker;
using proto::LogSource;

namespace {

// Returns the text of each attempt, with "<n>" for n missing bytes and "." at its end.
std::map<std::uint64_t, std::string> taken(OutputSplit& split) {
  std::map<std::uint64_t, std::string> texts;
  for (const auto& piece : split.take()) {
    std::string& text = texts[piece.serial];
    if (piece.missing > 0) text += "<" + std::to_string(piece.missing) + ">";
    text += piece.text + (piece.is_end ? "." : "");
  }
  return texts;
}

LogInput line_of(std::string_view text) { return {LogSource::lines, 1, 0, text}; }

}  // namespace

TEST_CASE("what a running attempt prints is its own at once") {
  OutputSplit split;
  split.printed(LogSource::output, 0, "one ", 7);
  CHECK(taken(split)[7] == "one ");
  split.printed(LogSource::errors, 0, "two", 7);
  CHECK(taken(split)[7] == "two");
}

TEST_CASE("output that comes after the next attempt has started is divided at the mark") {
  OutputSplit split;
  split.ended(7, {4, 0});
  CHECK(split.awaits(7));
  CHECK(taken(split).empty());
  split.printed(LogSource::output, 0, "one two ", 8);
  CHECK_FALSE(split.awaits(7));
  const auto texts = taken(split);
  CHECK(texts.at(7) == "one .");
  CHECK(texts.at(8) == "two ");
}

TEST_CASE("an attempt ends when both its streams have come") {
  OutputSplit split;
  split.ended(7, {3, 2});
  split.printed(LogSource::output, 0, "out", 8);
  CHECK(taken(split)[7] == "out");
  split.printed(LogSource::errors, 0, "er8", 8);
  const auto texts = taken(split);
  CHECK(texts.at(7) == "er.");
  CHECK(texts.at(8) == "8");
}

TEST_CASE("bytes that the supervisor has dropped are missing from the attempts that printed them") {
  OutputSplit split;
  split.printed(LogSource::output, 0, "ab", 7);
  split.ended(7, {10, 0});
  split.printed(LogSource::output, 14, "yz", 8);
  const auto texts = taken(split);
  CHECK(texts.at(7) == "ab<8>.");
  CHECK(texts.at(8) == "<4>yz");
}

TEST_CASE("a line comes behind what was printed before it, and before what was printed after it") {
  OutputSplit split;
  split.said(7, line_of("LINE"), {3, 0});
  split.printed(LogSource::output, 0, "abcdef", 7);
  CHECK(taken(split)[7] == "abcLINEdef");
}

TEST_CASE(
    "what a command has printed keeps its stream and what is missing of it, and waits for no output of the child") {
  OutputSplit split;
  split.said(7, {LogSource::output, 0, 0, "out"}, {});
  split.said(7, {LogSource::errors, 0, 9, "err"}, {});
  const auto pieces = split.take();
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].source == LogSource::output);
  CHECK(pieces[0].text == "out");
  CHECK(pieces[1].source == LogSource::errors);
  CHECK(pieces[1].missing == 9);
  CHECK(split.ended_silently({0, 0}));
}

TEST_CASE("output that may be that of several attempts belongs to none") {
  OutputSplit split;
  split.ended(7, {});  // the child has not looked
  split.printed(LogSource::output, 0, "7 or 8", 8);
  split.ended(8, {6, 0});
  auto texts = taken(split);
  CHECK(texts[7] == ".");
  CHECK(texts[8] == ".");
  split.printed(LogSource::output, 6, "nine", 9);
  CHECK(taken(split)[9] == "nine");
}

TEST_CASE("a mark before an attempt makes its output known again") {
  OutputSplit split;
  CHECK(split.ended_silently({}));
  split.mark({0, 0});
  split.printed(LogSource::output, 0, "eight", 8);
  CHECK(taken(split)[8] == "eight");
}

TEST_CASE("an attempt that has printed nothing needs no event") {
  OutputSplit split;
  CHECK(split.ended_silently({0, 0}));
  CHECK_FALSE(split.ended_silently({1, 0}));
  split.printed(LogSource::output, 0, "x", 3);
  CHECK(split.ended_silently({1, 0}));
}

TEST_CASE("a child that dies leaves the rest to the attempt that it ran") {
  OutputSplit split;
  split.ended(7, {4, 9});  // stderr of 7 never came
  split.printed(LogSource::output, 0, "one two", 8);
  split.died(8);
  const auto texts = taken(split);
  CHECK(texts.at(7) == "one .");
  CHECK(texts.at(8) == "two");
}

TEST_CASE("lines that wait for output take a limited number of bytes, and what is more is missing") {
  OutputSplit split;
  const std::string line(16 * 1024, 'x');
  for (int i = 0; i < 6; ++i) split.said(7, line_of(line), {5, 0});
  split.printed(LogSource::output, 0, "first", 7);
  CHECK(taken(split)[7] == "first" + line + line + line + line + "<16384><16384>");
  split.said(7, line_of(line), {5, 0});
  CHECK(taken(split)[7] == line);
}

TEST_CASE("late output of an attempt is not given to a later one whose lines did not wait for it") {
  OutputSplit split;
  split.ended(7, {3, 0});
  const std::size_t lines = OutputSplit::kMaxEvents + 10;
  for (std::size_t i = 0; i < lines; ++i) split.said(8, line_of("x"), {3, 0});
  split.printed(LogSource::output, 0, "abcd", 8);
  const auto texts = taken(split);
  CHECK(texts.at(7) == ".");
  CHECK(texts.at(8) == std::string(lines, 'x') + "d");
}

TEST_CASE("a child that lies about its output holds no memory") {
  OutputSplit split;
  for (std::uint64_t serial = 1; serial <= 4 * OutputSplit::kMaxEvents; ++serial) split.ended(serial, {1ULL << 60, 0});
  std::uint64_t from = 0;
  const std::string text(4096, 'x');
  for (int i = 0; i < 100; ++i, from += text.size()) split.printed(LogSource::errors, from, text, 9);
  std::size_t bytes = 0;
  for (const auto& piece : split.take()) bytes += piece.text.size();
  CHECK(bytes <= OutputSplit::kMaxHeld + 4 * text.size());
}

}  // namespace output_split_test
