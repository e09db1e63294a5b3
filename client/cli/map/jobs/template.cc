#include "client/cli/map/jobs/template.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "client/cli/errors/command_error.h"
#include "client/cli/text/quote.h"

namespace forkmill::cli {

namespace {

constexpr std::size_t kMaxPositionDigits = 4;

std::string join(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// "a/b.tar.gz" gives "a/b.tar". As in GNU parallel, ".rc" gives "".
std::string_view without_extension(std::string_view path) {
  const auto mark = path.find_last_of("./");
  if (mark == std::string_view::npos || path[mark] == '/' || mark + 1 == path.size()) return path;
  return path.substr(0, mark);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view strip_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

// Like dirname(1): "a/b" gives "a", "b" and "b/" give ".", "/b" gives "/".
std::string_view directory_name(std::string_view path) {
  path = strip_slashes(path);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : strip_slashes(path.substr(0, slash));
}

const std::string* pick(const Row& args, int position) {
  const auto count = static_cast<int>(args.size());
  const int index = position > 0 ? position - 1 : count + position;
  return index >= 0 && index < count ? &args[static_cast<std::size_t>(index)] : nullptr;
}

}  // namespace

CommandTemplate::CommandTemplate(const std::vector<std::string>& words, bool direct)
    : direct_{direct && !words.empty()}, lines_{words.empty()} {
  if (direct_) {
    for (const auto& word : words) words_.push_back(parse(word));
  } else {
    words_.push_back(parse(join(words)));
  }
  bool takes_arguments = false;
  for (const auto& word : words_) {
    for (const auto& piece : word) {
      takes_arguments |= piece.form != Form::literal;
      positions_ = std::max(positions_, std::abs(piece.position));
    }
  }
  if (takes_arguments || lines_) return;
  if (direct_)
    words_.push_back(parse("{}"));
  else
    words_[0].insert(words_[0].end(), {{.form = Form::literal, .text = " "}, {.form = Form::whole}});
}

CommandTemplate::Word CommandTemplate::parse(std::string_view text) {
  Word word;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) word.push_back({.form = Form::literal, .text = std::exchange(literal, "")});
  };
  while (!text.empty()) {
    Piece piece;
    const auto close = text[0] == '{' ? text.find('}') : std::string_view::npos;
    if (close != std::string_view::npos && parse_braces(text.substr(1, close - 1), piece)) {
      flush();
      word.push_back(std::move(piece));
      text.remove_prefix(close + 1);
    } else {
      literal += text[0];
      text.remove_prefix(1);
    }
  }
  flush();
  return word;
}

bool CommandTemplate::parse_braces(std::string_view inside, Piece& piece) {
  const bool negative = inside.starts_with('-');
  if (negative) inside.remove_prefix(1);
  const auto digits = std::min(inside.find_first_not_of("0123456789"), inside.size());
  if (digits > kMaxPositionDigits || (negative && digits == 0)) return false;
  if (digits > 0) {
    const int number = std::atoi(std::string{inside.substr(0, digits)}.c_str());  // NOLINT(cert-err34-c): digits only
    if (number == 0) return false;
    piece.position = negative ? -number : number;
    inside.remove_prefix(digits);
  }
  static constexpr std::pair<std::string_view, Form> kForms[] = {
      {"", Form::whole},       {".", Form::no_extension},       {"/", Form::base},
      {"//", Form::directory}, {"/.", Form::base_no_extension}, {"#", Form::seq}};
  const auto* form = std::find_if(std::begin(kForms), std::end(kForms), [&](auto& f) { return f.first == inside; });
  if (form == std::end(kForms) || (form->second == Form::seq && piece.position != 0)) return false;
  piece.form = form->second;
  return true;
}

std::string CommandTemplate::apply(Form form, std::string_view arg) {
  switch (form) {
    case Form::no_extension:
      return std::string{without_extension(arg)};
    case Form::base:
      return std::string{base_name(arg)};
    case Form::directory:
      return std::string{directory_name(arg)};
    case Form::base_no_extension:
      return std::string{without_extension(base_name(arg))};
    default:
      return std::string{arg};
  }
}

std::string CommandTemplate::expand(const Word& word, std::uint64_t seq, const Row& args, bool quoted) const {
  std::string text;
  const auto append = [&](const Piece& piece, std::string_view arg) {
    auto value = apply(piece.form, arg);
    text += quoted ? shell_quote(value) : value;
  };
  for (const auto& piece : word) {
    if (piece.form == Form::literal) {
      text += piece.text;
    } else if (piece.form == Form::seq) {
      text += std::to_string(seq);
    } else if (piece.position != 0) {
      const auto* arg = pick(args, piece.position);
      if (arg != nullptr) append(piece, *arg);
    } else {
      for (std::size_t i = 0; i < args.size(); ++i) {
        if (i > 0) text += ' ';
        append(piece, args[i]);
      }
    }
  }
  return text;
}

// A word that is only a placeholder for all arguments becomes one word per argument.
void CommandTemplate::expand_direct(const Word& word, Job& job) const {
  const bool all =
      word.size() == 1 && word[0].position == 0 && word[0].form != Form::literal && word[0].form != Form::seq;
  if (!all) {
    job.argv.push_back(expand(word, job.seq, job.args, false));
    return;
  }
  for (const auto& arg : job.args) job.argv.push_back(apply(word[0].form, arg));
}

Job CommandTemplate::job(std::uint64_t seq, Row args) const {
  Job job{.seq = seq, .args = std::move(args), .argv = {}, .command = {}};
  if (direct_) {
    for (const auto& word : words_) expand_direct(word, job);
    job.command = shell_join(job.argv);
  } else {
    job.command = lines_ ? join(job.args) : expand(words_[0], seq, job.args, true);
    job.argv = {job.command};
  }
  for (const auto& word : job.argv) {
    if (word.size() > kMaxLine) {
      throw UsageError{"the command of job " + std::to_string(seq) + " has " + std::to_string(word.size()) +
                           " bytes; the system accepts at most " + std::to_string(kMaxLine),
                       "shorten the input, or pass the data in a file"};
    }
    if (word.find('\0') != std::string::npos) {
      throw UsageError{"the command of job " + std::to_string(seq) + " contains a NUL byte, which no argument can have",
                       "for input with NUL bytes between the lines, use --null"};
    }
  }
  return job;
}

}  // namespace forkmill::cli
