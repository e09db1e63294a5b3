#include "worker/errors/handler_error.h"

#include <doctest/doctest.h>
#include <forkmill/worker.h>

#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

#include "proto/limits.h"
#include "worker/errors/throw_site.h"

namespace handler_error_test {

using namespace forkmill;
using worker::HandlerError;

namespace {

struct Odd {};

struct Textless : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

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
  CHECK(described([] { throw nullptr; }).message == "thrown without a message");
  CHECK(described([] { throw static_cast<const char*>(nullptr); }).message == "thrown without a message");
  CHECK(described([] { throw static_cast<char*>(nullptr); }).message == "thrown without a message");
  CHECK(described([] { throw Textless{}; }).message.empty());
  CHECK(described([] {
          try {
            throw Textless{};
          } catch (...) {
            std::throw_with_nested(std::runtime_error{"outer"});
          }
        }).cause.find("Textless: ") != std::string::npos);
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

namespace named {

[[gnu::noinline]] void throws(int depth) {
  if (depth == 0) throw std::runtime_error{"deep"};
  throws(depth - 1);
  asm volatile("");  // not a tail call
}

}  // namespace named

TEST_CASE("the backtrace begins where the exception was thrown, and ends before the frame that watches") {
  HandlerError error;
  [&]() __attribute__((noinline)) {
    const worker::ThrowWatch watch;
    error = described([] { named::throws(3); });
  }
  ();
  CHECK(error.backtrace.starts_with("handler_error_test::named::throws(int) +0x"));
  CHECK(error.backtrace.find("(forkmill_worker_unit)\n") != std::string::npos);
  std::size_t frames = 0;
  for (auto at = error.backtrace.find("named::throws"); at != std::string::npos;
       at = error.backtrace.find("named::throws", at + 1))
    ++frames;
  CHECK(frames == 4);
  CHECK(error.backtrace.find("doctest") == std::string::npos);
}

TEST_CASE("the backtrace survives a throw inside the standard library and a rethrow") {
  const worker::ThrowWatch watch;
  const auto in_library = described([] { (void)std::vector<int>{}.at(7); });
  CHECK(in_library.type == "std::out_of_range");
  CHECK(in_library.backtrace.find("libstdc++") != std::string::npos);
  const auto handed_on = described([] {
    std::exception_ptr kept;
    try {
      named::throws(0);
    } catch (...) {
      kept = std::current_exception();
    }
    try {
      throw 1;  // another one meanwhile
    } catch (int) {
    }
    std::rethrow_exception(kept);
  });
  CHECK(handed_on.message == "deep");
  CHECK(handed_on.backtrace.starts_with("handler_error_test::named::throws(int)"));
}

TEST_CASE("there is no backtrace without a watch, or of an exception that another thread threw") {
  CHECK(described([] { named::throws(0); }).backtrace.empty());
  const worker::ThrowWatch watch;
  std::exception_ptr elsewhere;
  std::thread{[&] {
    try {
      named::throws(0);
    } catch (...) {
      elsewhere = std::current_exception();
    }
  }}.join();
  CHECK(described([&] { std::rethrow_exception(elsewhere); }).backtrace.empty());
}

TEST_CASE("long texts of an error are cut") {
  const auto error = described([] { throw std::runtime_error{std::string(100'000, 'x')}; });
  CHECK(error.message.size() == proto::limits::kMaxErrorText);
}

TEST_CASE("arguments that are not the task's have a code of their own") {
  CHECK(described([] { throw detail::BadArguments{"no"}; }).code == Errc::arguments_undecodable);
  CHECK(described([] { throw DecodeError{"the handler's own"}; }).code == Errc::handler_error);
}

TEST_CASE("the texts of an error that was described elsewhere are cut as well") {
  HandlerError elsewhere;
  elsewhere.message = elsewhere.cause = std::string(2 * proto::limits::kMaxErrorText, 'x');
  const auto error = described([&] { throw worker::Relayed{elsewhere}; });
  CHECK(error.message.size() == proto::limits::kMaxErrorText);
  CHECK(error.cause.size() == proto::limits::kMaxErrorText);
}

}  // namespace handler_error_test
