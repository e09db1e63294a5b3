#include "client/engine/holdings/received_loans.h"

#include <string_view>

namespace forkmill::client {

class ReceivedLoans::Bearer {
 public:
  Bearer(std::shared_ptr<ReceivedLoans> all, proto::Payload value, Keys loans)
      : all_{std::move(all)}, value_{std::move(value)}, loans_{std::move(loans)} {}
  ~Bearer() { all_->remove(loans_); }
  Bearer(const Bearer&) = delete;
  Bearer& operator=(const Bearer&) = delete;
  std::string_view bytes() const { return value_.view(); }

 private:
  const std::shared_ptr<ReceivedLoans> all_;
  const proto::Payload value_;
  const Keys loans_;
};

void ReceivedLoans::hold_in(proto::Message& message) {
  const auto hold_all = [this](const std::vector<proto::LoanInValue>& loans, auto&& value_at) {
    std::map<std::uint64_t, Keys> by_value;
    for (const auto& loan : loans) by_value[loan.value].emplace_back(loan.pipe, loan.ticket);
    for (auto& [index, keys] : by_value)
      if (proto::Payload* value = value_at(index)) hold(*value, std::move(keys));
  };
  if (auto* arrived = std::get_if<proto::Results>(&message)) {
    auto& results = arrived->results;
    hold_all(arrived->loans,
             [&](std::uint64_t at) { return at < results.size() ? &results[at].outcome.value : nullptr; });
  } else if (auto* operated = std::get_if<proto::Operated>(&message)) {
    for (auto& answer : operated->answers)
      hold_all(answer.loans,
               [&](std::uint64_t at) { return at < answer.values.size() ? &answer.values[at] : nullptr; });
  }
}

void ReceivedLoans::hold(proto::Payload& value, Keys loans) {
  {
    const std::lock_guard hold{mutex_};
    for (const Key& loan : loans) ++values_[loan];
  }
  auto bearer = std::make_shared<const Bearer>(shared_from_this(), std::move(value), std::move(loans));
  const auto bytes = bearer->bytes();
  value = proto::Payload::share(std::move(bearer), bytes);
}

void ReceivedLoans::remove(const Keys& loans) noexcept {
  if (::getpid() != process_) return;
  detail::Ref<detail::Origin> engine;
  Keys gone;
  {
    const std::lock_guard hold{mutex_};
    for (const Key& loan : loans) {
      const auto found = values_.find(loan);
      if (--found->second > 0) continue;
      values_.erase(found);
      gone.push_back(loan);
    }
    if (engine_ != nullptr && engine_->try_add_ref()) engine = detail::Ref<detail::Origin>::adopt(engine_);
  }
  if (!engine) return;
  for (const auto& [pipe, ticket] : gone) give_back_(engine, pipe, ticket);
}

void ReceivedLoans::close() {
  const std::lock_guard hold{mutex_};
  engine_ = nullptr;
}

}  // namespace forkmill::client
