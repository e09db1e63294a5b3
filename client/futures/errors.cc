#include <forkmill/errors.h>

#include <utility>

namespace forkmill {

namespace {

std::string sentence(Errc code, const std::string& detail) {
  std::string text{errc_text(code)};
  if (!detail.empty()) text += ": " + detail;
  if (auto fix = errc_fix(code); !fix.empty()) text.append(". ").append(fix);
  return text.append(" [").append(errc_name(code)).append("]");
}

std::string where(const Failure& failure) {
  std::string text;
  if (!failure.worker.empty()) text += " on worker " + failure.worker;
  if (failure.attempt > 0) text += " in attempt " + std::to_string(failure.attempt);
  return text;
}

std::string describe(const Failure& failure) {
  std::string text = failure.type;
  if (!failure.message.empty()) text += (text.empty() ? "" : ": ") + failure.message;
  if (failure.signal != 0) text += (text.empty() ? "signal " : ", signal ") + std::to_string(failure.signal);
  if (failure.exit_code > 0)  // −1: the process did not exit by itself
    text += (text.empty() ? "exit code " : ", exit code ") + std::to_string(failure.exit_code);
  text += where(failure);
  if (!failure.output.empty()) text += "; its last output: " + failure.output;
  return text;
}

}  // namespace

Error::Error(Errc code, const std::string& detail) : std::runtime_error{sentence(code, detail)}, code_{code} {}

TaskError::TaskError(Failure failure) : Error{failure.code, describe(failure)}, failure_{std::move(failure)} {}

}  // namespace forkmill
