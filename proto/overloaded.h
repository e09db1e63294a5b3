// Overloaded: a visitor made of lambdas, one for each alternative of a variant:
// std::visit(Overloaded{[](int) { ... }, [](const std::string&) { ... }}, variant).
#pragma once

namespace forkmill::proto {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang-tidy's clang needs the guide, GCC does not

}  // namespace forkmill::proto
