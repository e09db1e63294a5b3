// From the bytes of a result to the future of a value. For the library.
#pragma once

#include <forkmill/future.h>
#include <forkmill/serialize.h>

#include <optional>
#include <string_view>
#include <utility>

namespace forkmill::detail {

// Decodes the bytes of a result into a std::optional<Stored<T>> (RemoteState::Decoder).
// Throws DecodeError, and what the unpacking of a T throws.
template <class T>
void decode_into(std::string_view bytes, void* optional_value) {
  auto& value = *static_cast<std::optional<Stored<T>>*>(optional_value);
  if constexpr (std::is_same_v<T, RawResult>) {
    value.emplace(RawResult{std::string{bytes}});
  } else if constexpr (std::is_void_v<T>) {
    unpack_value<void>(bytes);
    value.emplace();
  } else {
    value.emplace(unpack_value<T>(bytes));
  }
}

// Makes the future of a task's state. Precondition: no other thread has the state yet, since its decoder is set here.
template <class T>
Future<T> task_future(Ref<RemoteState> state) {
  state->decode_by(&decode_into<T>);
  return Future<T>{Ref<State>{std::move(state)}};
}

}  // namespace forkmill::detail
