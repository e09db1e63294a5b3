#include "client/cli/map/jobs/replacement_text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/text/quote.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxPositionDigits = 4;

const std::string* pick(const Row& args, int position) {
  const auto count = static_cast<int>(args.size());
  const int index = position > 0 ? position - 1 : count + position;
  return index >= 0 && index < count ? &args[static_cast<std::size_t>(index)] : nullptr;
}

// "{=" or "{2=", with "=}" later on.
bool is_perl(std::string_view text) {
  if (!text.starts_with('{')) return false;
  const auto mark = text.find_first_not_of("-0123456789", 1);
  return mark != std::string_view::npos && text[mark] == '=' && text.find("=}", mark + 1) != std::string_view::npos;
}

// Strings of --plus in GNU parallel that are not supported, with the reason.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kUnsupported{{
    {"##", "the number of all jobs is not known while the input is read"},
    {"0#", "the number of all jobs is not known while the input is read; use {#} with printf"},
    {"0%", "use {%} with printf"},
    {"choose_k", "no job is skipped by its arguments"},
    {"uniq", "no job is skipped by its arguments; use sort -u"},
    {"host", "the worker is known only when the job runs; use $(hostname)"},
    {"hgrp", "there are no groups of hosts; use --queue"},
}};

void refuse_unsupported(std::string_view inside) {
  const auto* const found =
      std::find_if(kUnsupported.begin(), kUnsupported.end(), [&](auto& one) { return one.first == inside; });
  if (found != kUnsupported.end())
    throw UsageError{"{" + std::string{inside} + "} of --plus is not supported: " + std::string{found->second}};
}

}  // namespace

ReplacementText::ReplacementText(std::string_view text, const Syntax& syntax) {
  while (!text.empty()) {
    if (is_perl(text)) {
      throw UsageError{"{= =} is not supported: it runs Perl code in GNU parallel",
                       "use a shell command such as $(echo {} | sed ...), or the replacement strings of --plus"};
    }
    Piece piece;
    const auto close = text[0] == '{' ? text.find('}') : std::string_view::npos;
    if (!syntax.replace.empty() && text.starts_with(syntax.replace)) {
      pieces_.push_back({.kind = Piece::Kind::all});
      text.remove_prefix(syntax.replace.size());
    } else if (close != std::string_view::npos && close > 1 && parse(text.substr(1, close - 1), syntax, piece)) {
      pieces_.push_back(std::move(piece));
      text.remove_prefix(close + 1);
    } else {
      add_literal(text.substr(0, 1));
      text.remove_prefix(1);
    }
  }
}

void ReplacementText::add_literal(std::string_view text) {
  if (pieces_.empty() || pieces_.back().kind != Piece::Kind::literal) pieces_.push_back({});
  pieces_.back().text += text;
}

bool ReplacementText::parse(std::string_view inside, const Syntax& syntax, Piece& piece) {
  if (inside == "#" || inside == "%") {
    piece.kind = inside == "#" ? Piece::Kind::seq : Piece::Kind::slot;
    return true;
  }
  for (std::size_t i = 0; i < syntax.names.size(); ++i) {
    const auto& name = syntax.names[i];
    if (name.empty() || !inside.starts_with(name)) continue;
    const auto edit = ReplacementEdit::parse(inside.substr(name.size()), syntax.plus);
    if (!edit) continue;
    piece = {.kind = Piece::Kind::one, .position = static_cast<int>(i) + 1, .edit = *edit};
    return true;
  }
  if (syntax.plus) {
    refuse_unsupported(inside);
    if (inside == "slot") {
      piece.kind = Piece::Kind::slot;
      return true;
    }
  }
  return parse_position(inside, syntax.plus, piece);
}

bool ReplacementText::parse_position(std::string_view inside, bool plus, Piece& piece) {
  const bool negative = inside.starts_with('-');
  if (negative) inside.remove_prefix(1);
  const auto digits = std::min(inside.find_first_not_of("0123456789"), inside.size());
  if (digits > kMaxPositionDigits || (negative && digits == 0)) return false;
  const auto edit = ReplacementEdit::parse(inside.substr(digits), plus);
  if (!edit) return false;
  piece.edit = *edit;
  piece.kind = digits == 0 ? Piece::Kind::all : Piece::Kind::one;
  if (digits == 0) return true;
  const int number = std::atoi(std::string{inside.substr(0, digits)}.c_str());  // NOLINT(cert-err34-c): digits only
  piece.position = negative ? -number : number;
  return number != 0;
}

bool ReplacementText::has_replacements() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](auto& piece) { return piece.kind != Piece::Kind::literal; });
}

bool ReplacementText::uses_slot() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](auto& piece) { return piece.kind == Piece::Kind::slot; });
}

bool ReplacementText::is_all_arguments() const { return pieces_.size() == 1 && pieces_[0].kind == Piece::Kind::all; }

bool ReplacementText::has_all_arguments() const {
  return std::any_of(pieces_.begin(), pieces_.end(), [](auto& piece) { return piece.kind == Piece::Kind::all; });
}

bool ReplacementText::has_quoted_arguments() const {
  char open = 0;  // the quote that is open
  bool escaped = false;
  for (const Piece& piece : pieces_) {
    if (open != 0 && (piece.kind == Piece::Kind::all || piece.kind == Piece::Kind::one)) return true;
    if (piece.kind != Piece::Kind::literal)
      escaped = false;
    else
      for (const char c : piece.text) {
        if (std::exchange(escaped, c == '\\' && !escaped && open != '\'')) continue;
        if (c == open)
          open = 0;
        else if (open == 0 && (c == '\'' || c == '"'))
          open = c;
      }
  }
  return false;
}

int ReplacementText::positions() const {
  int most = 0;
  for (const auto& piece : pieces_) most = std::max(most, std::abs(piece.position));
  return most;
}

std::vector<std::string> ReplacementText::values(const Job& job) const {
  std::vector<std::string> values;
  for (const auto& arg : job.args) values.push_back(pieces_[0].edit.apply(arg));
  return values;
}

std::string ReplacementText::value(const Piece& piece, const Row& args, const Job& job, bool quoted) {
  const auto one = [&](const std::string& arg) {
    auto edited = piece.edit.apply(arg);
    return quoted ? shell_quote(edited) : edited;
  };
  switch (piece.kind) {
    case Piece::Kind::literal:
      return piece.text;
    case Piece::Kind::seq:
      return std::to_string(job.seq);
    case Piece::Kind::slot:
      return std::to_string(job.slot);
    case Piece::Kind::one: {
      const auto* arg = pick(job.args, piece.position);
      return arg == nullptr ? "" : one(*arg);
    }
    case Piece::Kind::all:
      break;
  }
  std::string text;
  for (std::size_t i = 0; i < args.size(); ++i) text += (i > 0 ? " " : "") + one(args[i]);
  return text;
}

std::string ReplacementText::expand(const Row& args, const Job& job, bool quoted) const {
  std::string text;
  for (const auto& piece : pieces_) text += value(piece, args, job, quoted);
  return text;
}

std::string ReplacementText::expand(const Job& job, bool quoted) const { return expand(job.args, job, quoted); }

std::string ReplacementText::expand_one(const Job& job, const std::string& argument, bool quoted) const {
  return expand({argument}, job, quoted);
}

void ReplacementText::append(const ReplacementText& other) {
  pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
}

std::vector<ReplacementText> ReplacementText::words() const {
  std::vector<ReplacementText> words(1, ReplacementText{});
  for (const auto& piece : pieces_) {
    if (piece.kind != Piece::Kind::literal) {
      words.back().pieces_.push_back(piece);
      continue;
    }
    std::string_view rest = piece.text;
    for (auto blank = rest.find(' '); blank != std::string_view::npos; blank = rest.find(' ')) {
      if (blank > 0) words.back().add_literal(rest.substr(0, blank));
      words.push_back(ReplacementText{});
      rest.remove_prefix(blank + 1);
    }
    if (!rest.empty()) words.back().add_literal(rest);
  }
  return words;
}

}  // namespace forkmill::cli
