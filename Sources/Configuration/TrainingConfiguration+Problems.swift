extension TrainingConfiguration {
    func problems(at path: String) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require("batch", batch, in: 1...Limits.batch)
        checker.require("slots", slots, in: 1...Limits.slots)
        checker.require(
            batch >= slots || batch < 1, "batch", is: batch,
            "must be at least \(path).slots (\(slots))", .conflict,
            remedy: "raise \(path).batch or lower \(path).slots")
        checker.require("epochs", epochs, in: 1...Limits.epochs)
        if let steps { checker.require("steps", steps, in: 1...Int.max) }
        checker.requireFraction("label_smoothing", labelSmoothing)
        checker.require(
            mixup >= 0 && mixup <= 100, "mixup", is: mixup, "must be from 0 to 100")
        if let clipNorm { checker.requirePositive("clip_norm", clipNorm) }
        checker.requireFraction("ema", ema)
        for pattern in freeze {
            checker.require(
                !pattern.isEmpty, "freeze", is: "\(freeze)", "must not have an empty name")
        }
        if let fromSHA256 {
            checker.require(
                fromSHA256.utf8.count == 64
                    && fromSHA256.utf8.allSatisfy("0123456789abcdef".utf8.contains),
                "from_sha256", is: "\"\(fromSHA256.printable(limit: 80))\"",
                "must be 64 hexadecimal digits", remedy: "leave it out: the coordinator fills it in"
            )
        }
        checker.require(
            checkpointEvery.count >= 1, "checkpoint_every", is: checkpointEvery.text,
            "must be at least 1 step or 1 epoch")
        checker.require("keep_checkpoints", keepCheckpoints, in: 1...Int.max)
        checker.require("evaluate_every_epochs", evaluateEveryEpochs, in: 0...Int.max)
        checker.add(optimizer.problems(at: "\(path).optimizer"))
        checker.add(schedule.problems(at: "\(path).schedule", epochs: epochs))
        return checker.problems
    }
}

extension OptimizerConfiguration {
    func problems(at path: String) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.requirePositive("rate", rate)
        checker.requireNotNegative("decay", decay)
        switch method {
        case .sgd(let momentum, let nesterov):
            checker.requireFraction("momentum", momentum)
            checker.require(
                !nesterov || momentum != 0, "nesterov", is: nesterov,
                "needs a momentum above 0", .conflict,
                remedy: "set \(path).momentum, or \(path).nesterov to false")
        case .adam(let beta1, let beta2, let epsilon, _):
            checker.requireFraction("beta1", beta1)
            checker.requireFraction("beta2", beta2)
            checker.requirePositive("epsilon", epsilon)
        }
        return checker.problems
    }
}

extension ScheduleConfiguration {
    func problems(at path: String, epochs: Int) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.requireNotNegative("warmup_epochs", warmupEpochs)
        checker.require(
            warmupEpochs <= Double(epochs), "warmup_epochs", is: warmupEpochs,
            "must not be longer than the run's \(epochs) epochs", .conflict,
            remedy: "lower \(path).warmup_epochs or raise train.epochs")
        for (key, factor) in [("warmup_factor", warmupFactor), ("final_factor", finalFactor)] {
            checker.require(factor >= 0 && factor <= 1, key, is: factor, "must be from 0 to 1")
        }
        return checker.problems
    }
}
