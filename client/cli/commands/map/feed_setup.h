// FeedSetup: from the options and words of `forkmill map` to the jobs of the run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/commands/map/options.h"
#include "client/cli/map/input/job_feed.h"
#include "client/cli/map/input/rows.h"
#include "client/cli/map/input/words.h"

namespace forkmill::cli {

class FeedSetup {
 public:
  // words: what follows the options. Opens the input, and reads its header with --header. counted: reads all of the
  // input if its number of rows is unknown without that, and blocks meanwhile. Throws UsageError. `options` must
  // outlive this object.
  FeedSetup(const MapOptions& options, const std::vector<std::string>& words, bool counted);

  const Syntax& syntax() const { return syntax_; }
  // Returns the jobs. spread: the number of jobs over which -X and -m spread the last arguments. To be called once.
  JobFeed feed(std::size_t spread, Finished finished);

 private:
  void check_pipe(const MapWords& words) const;
  std::unique_ptr<Rows> open_rows(std::vector<Input> inputs);
  void check_positions(const Rows& rows) const;
  CommandTemplate command_template(const std::vector<std::string>& command) const;
  std::unique_ptr<RowReader> packed(std::unique_ptr<RowReader> rows, std::size_t spread) const;
  BlockReader blocks() const;

  const MapOptions& options_;
  Syntax syntax_;
  std::unique_ptr<RowReader> rows_;  // null: with --pipe and --retry-failed
  std::optional<CommandTemplate> command_;
};

}  // namespace forkmill::cli
