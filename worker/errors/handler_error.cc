#include "worker/errors/handler_error.h"

#include <cxxabi.h>
#include <forkmill/retry.h>
#include <forkmill/worker.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <typeinfo>

#include "proto/limits.h"
#include "proto/text.h"
#include "worker/errors/throw_site.h"
#include "worker/os/out_of_resources.h"

namespace forkmill::worker {

namespace {

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free};
  return status == 0 ? text.get() : name;
}

// A class of the handler's may return null from what().
std::string text_of(const char* text) { return text == nullptr ? "" : text; }

std::string current_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  return type == nullptr ? "unknown" : demangled(type->name());
}

void cut(HandlerError& error) {
  for (std::string* text : {&error.type, &error.message, &error.backtrace, &error.cause})
    text->resize(proto::first_bytes(*text, proto::limits::kMaxErrorText).size());
}

// One line for each exception nested in this one.
void add_causes(const std::exception& error, std::string& causes) {
  try {
    std::rethrow_if_nested(error);
  } catch (const std::exception& nested) {
    causes += demangled(typeid(nested).name()) + ": " + text_of(nested.what()) + "\n";
    add_causes(nested, causes);
  } catch (...) {
    causes += current_type() + "\n";
  }
}

// For thrown values that are not derived from std::exception.
std::string message_of_value() {
  try {
    throw;
  } catch (const char* text) {  // also of nullptr
    return text == nullptr ? "thrown without a message" : text;
  } catch (const std::string& text) {
    return text;
  } catch (int number) {
    return std::to_string(number);
  } catch (...) {
    return "thrown without a message";
  }
}

}  // namespace

HandlerError describe_current_exception() {
  HandlerError error;
  error.type = current_type();
  try {
    throw;
  } catch (const Relayed& relayed) {
    error = relayed.error();
    cut(error);
    return error;
  } catch (const Retry& retry) {
    error.message = text_of(retry.what());
    error.retry = true;
    error.retry_delay = retry.delay();
  } catch (const OutOfResources& shortage) {
    error.message = shortage.what();
    error.shortage = true;
  } catch (const detail::BadArguments& bad) {
    error.code = Errc::arguments_undecodable;
    error.type = errc_name(error.code);
    error.message = bad.what();
  } catch (const std::exception& exception) {
    error.message = text_of(exception.what());
    add_causes(exception, error.cause);
  } catch (...) {
    error.message = message_of_value();
  }
  if (error.code == Errc::handler_error && !error.shortage) error.backtrace = throw_site_of_current_exception();
  cut(error);
  return error;
}

}  // namespace forkmill::worker
