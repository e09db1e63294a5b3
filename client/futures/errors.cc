#include <forkmill/errors.h>

#include <string_view>
#include <utility>

namespace forkmill {

namespace {

std::string sentence(Errc code, std::string text, std::string_view fix) {
  if (!fix.empty()) text.append(". ").append(fix);
  return text.append(" [").append(errc_name(code)).append("]");
}

// The text of the code with the detail, unless that says the same.
std::string text_with(Errc code, const std::string& detail) {
  std::string text{errc_text(code)};
  return detail.empty() || detail == text ? text : text + ": " + detail;
}

std::string trimmed(const std::string& output) {
  constexpr const char* kSpace = " \t\r\n";
  const auto first = output.find_first_not_of(kSpace);
  return first == std::string::npos ? "" : output.substr(first, output.find_last_not_of(kSpace) + 1 - first);
}

// The type of the exception, if it says more than the code does.
std::string telling_type(const Failure& failure) { return failure.type == errc_name(failure.code) ? "" : failure.type; }

// Adds `entry`, unless the text has `key` already.
void add_unless(std::string& text, const std::string& key, const std::string& entry) {
  if (text.find(key) == std::string::npos) text += (text.empty() ? "" : ", ") + entry;
}

std::string reason(const Failure& failure) {
  std::string text = telling_type(failure);
  if (!failure.message.empty() && failure.message != errc_text(failure.code))
    text += (text.empty() ? "" : ": ") + failure.message;
  const auto signal = "signal " + std::to_string(failure.signal);
  if (failure.signal != 0) add_unless(text, signal, signal);
  const auto code = "code " + std::to_string(failure.exit_code);
  if (failure.exit_code > 0) add_unless(text, code, "exit " + code);  // −1: the process did not exit by itself
  return text;
}

std::string where(const Failure& failure) {
  std::string text;
  if (!failure.worker.empty()) text = "worker " + failure.worker;
  if (failure.attempt > 0) text += (text.empty() ? "attempt " : ", attempt ") + std::to_string(failure.attempt);
  return text.empty() ? "" : " (" + text + ")";
}

std::string describe(const Failure& failure) {
  const auto why = reason(failure);
  const bool threw = failure.code == Errc::handler_error && !telling_type(failure).empty();
  auto text = (threw ? "the handler threw " + why : text_with(failure.code, why)) + where(failure);
  if (const auto output = trimmed(failure.output); !output.empty()) text += "; its last output: \"" + output + "\"";
  return sentence(failure.code, std::move(text), errc_fix(failure.code));
}

}  // namespace

Error::Error(Errc code, const std::string& detail) : Error{code, detail, std::string{errc_fix(code)}} {}

Error::Error(Errc code, const std::string& detail, const std::string& fix)
    : std::runtime_error{sentence(code, text_with(code, detail), fix)}, code_{code} {}

Error::Error(const Failure& failure) : std::runtime_error{describe(failure)}, code_{failure.code} {}

TaskError::TaskError(Failure failure) : Error{failure}, failure_{std::move(failure)} {}

}  // namespace forkmill
