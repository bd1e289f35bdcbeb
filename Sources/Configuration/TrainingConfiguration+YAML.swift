extension TrainingConfiguration {
    init(reading section: inout SectionReader) {
        let standard = TrainingConfiguration()
        self.init(
            batch: section.integer("batch", default: standard.batch),
            slots: section.integer("slots", default: standard.slots),
            epochs: section.integer("epochs", default: standard.epochs),
            steps: section.optionalInteger("steps"),
            optimizer: section.section("optimizer") { OptimizerConfiguration(reading: &$0) },
            schedule: section.section("schedule") { ScheduleConfiguration(reading: &$0) },
            checkpointEvery: section.cadence(
                "checkpoint_every", default: standard.checkpointEvery),
            keepCheckpoints: section.integer("keep_checkpoints", default: standard.keepCheckpoints),
            evaluateEveryEpochs: section.integer(
                "evaluate_every_epochs", default: standard.evaluateEveryEpochs))
    }

    var canonical: CanonicalValue {
        .section([
            .bits("batch", .integer(batch)),
            .bits("slots", .integer(slots)),
            .bits("epochs", .integer(epochs)),
            .neutral("steps", steps.map { .integer($0) } ?? .scalar("null")),
            .bits("optimizer", optimizer.canonical),
            .bits("schedule", schedule.canonical),
            .neutral("checkpoint_every", .scalar(checkpointEvery.text)),
            .neutral("keep_checkpoints", .integer(keepCheckpoints)),
            .neutral("evaluate_every_epochs", .integer(evaluateEveryEpochs)),
        ])
    }
}
