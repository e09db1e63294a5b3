// Task<Result(Arguments...)>: the contract between submitters and workers. Declare each task once, in a header that
// both programs include:
//
//     inline constexpr forkmill::Task<double(double, double)> kMean{"math.mean"};
//
// A submitter passes arguments that convert to the declared types (Client::submit), a worker registers a function that
// takes them (Worker::on, forkmill::Registered). A call or a function that does not fit is a compile error
// (detail/arguments_of.h).
//
// Arguments and result travel as msgpack. Every type that msgpack-c can pack and convert works: numbers, bool, strings,
// enums with MSGPACK_ADD_ENUM, standard containers, tuples, optionals, your own structs with MSGPACK_DEFINE, and the
// shared objects of the toolkit (Queue, Lock, Connection …). No code travels: the name selects the worker's function.
//
// The signature (signature.h) is compared when the broker matches a task with a worker. A submitter and a worker that
// were built from different declarations get Errc::signature_mismatch instead of arguments decoded as something else.
//
// A Task is a literal value that holds a pointer to its name and nothing else. Thread-safe; copying is free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <forkmill/signature.h>

namespace forkmill {

template <class Signature>
class Task;

// Only function types R(Args...) make a task: R is void or a value type, Args are values or const references.
template <class R, class... Args>
class Task<R(Args...)> {
 public:
  // Type of the result; may be void.
  using Result = R;
  // Types of the arguments as they travel: without references and const.
  using Arguments = std::tuple<std::decay_t<Args>...>;

  // Names the task. name: 1 to 128 characters out of letters, digits and "._-:/"; by convention dots separate
  // namespaces ("text.count_words"), and names that begin with "forkmill." belong to the library. The characters must
  // outlive the Task; a string literal does. The constructor checks nothing: a bad name is Errc::name_invalid from
  // Client::submit() and std::invalid_argument from Worker::on().
  constexpr explicit Task(const char* name) : name_{name} {}

  // The name as it was given.
  constexpr std::string_view name() const { return name_; }

  // The signature as text, for example "f64(f64,f64)". Computed on the first call, then kept for the program's life.
  static const std::string& signature() {
    static const std::string text = signature_of<R>() + "(" + detail::signature_list<std::decay_t<Args>...>() + ")";
    return text;
  }
  // The 64-bit hash of signature() that travels with each submission (signature_hash()). Never 0.
  static std::uint64_t hash() {
    static const detail::KnownSignature known{signature()};
    return known.hash();
  }

 private:
  std::string_view name_;
};

}  // namespace forkmill
