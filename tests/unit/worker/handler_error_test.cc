#include "worker/handler_error.h"

#include <doctest/doctest.h>
#include <forkmill/worker.h>

#include <stdexcept>

#include "proto/limits.h"

using namespace forkmill;
using worker::HandlerError;

namespace {

struct Odd {};

template <class F>
HandlerError described(F f) {
  try {
    f();
  } catch (...) {
    return worker::describe_current_exception();
  }
  return {};
}

}  // namespace

TEST_CASE("an exception is described by its demangled type and its text") {
  const auto error = described([] { throw std::out_of_range{"too far"}; });
  CHECK(error.code == Errc::handler_error);
  CHECK(error.type == "std::out_of_range");
  CHECK(error.message == "too far");
  CHECK_FALSE(error.retry);
}

TEST_CASE("anything can be thrown") {
  CHECK(described([] { throw 42; }).type == "int");
  CHECK(described([] { throw 42; }).message == "42");
  CHECK(described([] { throw "text"; }).message == "text");
  CHECK(described([] { throw std::string{"string"}; }).message == "string");
  const auto odd = described([] { throw Odd{}; });
  CHECK(odd.type.find("Odd") != std::string::npos);
  CHECK(odd.message == "thrown without a message");
}

TEST_CASE("nested exceptions stand in the cause, outermost first") {
  const auto error = described([] {
    try {
      try {
        throw std::runtime_error{"inner"};
      } catch (...) {
        std::throw_with_nested(std::logic_error{"middle"});
      }
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"outer"});
    }
  });
  CHECK(error.message == "outer");
  const auto middle = error.cause.find("middle");
  CHECK(middle != std::string::npos);
  CHECK(error.cause.find("std::runtime_error: inner\n") > middle);
}

TEST_CASE("Retry carries its reason and delay") {
  const auto plain = described([] { throw Retry{}; });
  CHECK(plain.retry);
  CHECK_FALSE(plain.retry_delay);
  const auto later = described([] { throw Retry{"busy", std::chrono::milliseconds{250}}; });
  CHECK(later.message == "busy");
  CHECK(later.retry_delay == std::chrono::milliseconds{250});
}

TEST_CASE("long texts are cut") {
  const auto error = described([] { throw std::runtime_error{std::string(100'000, 'x')}; });
  CHECK(error.message.size() == proto::limits::kMaxErrorText);
}

TEST_CASE("arguments that are not the task's have a code of their own") {
  CHECK(described([] { throw detail::BadArguments{"no"}; }).code == Errc::arguments_undecodable);
  CHECK(described([] { throw DecodeError{"the handler's own"}; }).code == Errc::handler_error);
}
