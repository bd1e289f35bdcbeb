extension SlowFastLSTMConfiguration {
    func problems(at path: String, input: InputConfiguration) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require(
            (1...Limits.models).contains(models.count), "models", is: "a list of \(models.count)",
            "must have 1 to \(Limits.models) models")
        var names: [String] = []
        for (index, model) in models.enumerated() {
            let key = "models.\(index)"
            if model.branches == .fast {
                checker.require("\(key).alpha", model.alpha, in: 1...Limits.frames)
            } else {
                checker.requireAlpha(model.alpha, key: "\(key).alpha", frames: input.frames)
            }
            checker.requireNotNegative("\(key).weight", model.weight)
            checker.require(!model.name.isEmpty, "\(key).name", is: "empty", "must be a name")
            checker.require(
                !names.contains(model.name), "\(key).name",
                is: "\"\(model.name.printable(limit: 60))\"", "is the name of another model, too",
                .conflict, remedy: "give each model a name of its own")
            names.append(model.name)
        }
        checker.requireNotNegative("loss.ensemble", loss.ensemble)
        checker.require(
            models.isEmpty || loss.ensemble != 0 || models.contains { $0.weight != 0 },
            "loss.ensemble", is: loss.ensemble,
            "and so is every model's weight: nothing is trained",
            .conflict, remedy: "give a model a weight above 0")
        checker.require("sharing.templates", sharing.templates, in: 1...Limits.templates)
        if models.contains(where: { $0.branches != .fast }) {
            checker.requireStages(
                slow.layers, key: "slow.layers", stages: 1...8, size: input.size,
                sizeKey: "input.size")
        }
        checker.require("slow.width", slow.width, in: 1...Limits.channels)
        if models.contains(where: { $0.branches != .slow }) {
            checker.require(
                input.size < 1 || input.size >= 8, "input.size", is: input.size,
                "too small for the fast branch, which needs at least 8", .conflict)
        }
        checker.add(fast.problems(at: path.isEmpty ? "fast" : "\(path).fast"))
        return checker.problems
    }
}

extension FastBranchConfiguration {
    func problems(at path: String) -> [ConfigurationProblem] {
        var checker = RangeChecker(at: path)
        checker.require("channels", channels, in: 1...Limits.channels)
        checker.require("hidden", hidden, in: 1...Limits.channels)
        if let bptt { checker.require("bptt", bptt, in: 1...Limits.frames) }
        guard encoder == .transformer else { return checker.problems }
        checker.require(
            bptt == nil, "bptt", is: "set", "is for the LSTM encoders", .conflict,
            remedy: "leave it out, or choose another \(path).encoder")
        checker.require("heads", heads, in: 1...Limits.channels)
        checker.require("depth", depth, in: 1...Limits.blocks)
        checker.require(
            hidden.isMultiple(of: 2), "hidden", is: hidden,
            "must be even for the transformer's positions", .conflict)
        checker.require(
            heads < 1 || hidden.isMultiple(of: heads), "heads", is: heads,
            "must divide \(path).hidden (\(hidden))", .conflict)
        return checker.problems
    }
}
