import Configuration
import Testing

@Suite("What is wrong with a configuration is told in one line, with place, value and remedy")
struct ConfigurationErrorTests {
    @Test("the example is sound")
    func exampleIsSound() {
        #expect(problems(in: example) == [])
    }

    @Test(
        "an override that cannot be is refused",
        arguments: [
            ("train.batch=hello", "train.batch: is hello, must be a whole number"),
            ("train.batch=\"8\"", "train.batch: is the text \"8\", must be a whole number"),
            ("train.batch=8.5", "train.batch: is 8.5, must be a whole number"),
            ("train.batch=010", "train.batch: is 010, must be a whole number"),
            ("train.batch=", "train.batch: is nothing, must be a whole number"),
            ("train.batch=[8]", "train.batch: is a list of 1, must be a whole number"),
            ("train.epochs=0", "train.epochs: is 0, must be from 1 to 1000000"),
            ("train.steps=never", "train.steps: is never, must be a whole number or null"),
            ("train=3", "train: is 3, must be a section of keys"),
            ("data.flip=yes", "data.flip: is yes, must be true or false"),
            ("data.crop=left", "data.crop: is left, must be one of random, center"),
            ("data.path=", "data.path: is nothing, must be a text"),
            ("data.train_split=a/b", "data.train_split: is \"a/b\", must be the name of a split"),
            ("name=../escape", "name: is \"../escape\", must be 1 to 64 letters"),
            ("seed=-1", "seed: is -1, must be a whole number from 0 to 18446744073709551615"),
            ("train.optimizer.rate=.inf", "train.optimizer.rate: is .inf, must be a number"),
            ("train.optimizer.rate=1e999", "train.optimizer.rate: is 1e999, must be a number"),
            ("train.optimizer.rate=0", "train.optimizer.rate: is 0.0, must be above 0"),
            ("train.optimizer.momentum=1", "momentum: is 1.0, must be from 0 to below 1"),
            ("train.schedule.warmup_epochs=4", "must not be longer than the run's 3 epochs"),
            ("train.schedule.final_factor=2", "final_factor: is 2.0, must be from 0 to 1"),
            ("train.checkpoint_every=10", "checkpoint_every: is 10, must be a number of steps or"),
            ("train.checkpoint_every=0 steps", "is 0 steps, must be at least 1 step or 1 epoch"),
            ("train.keep_checkpoints=0", "keep_checkpoints: is 0, must be at least 1"),
            ("train.batch=3", "is 3, must be at least train.slots (4); raise train.batch or lower"),
            ("transport.worker_timeout=3", "is 3, must be a time with its unit, ms, s or min"),
            ("transport.worker_timeout=1 ms", "is 1 ms, must be from 100 ms to 60 min"),
            ("transport.chunk_bytes=1 MB", "is 1 MB, must be a number of bytes"),
            ("transport.chunk_bytes=5000", "is 5000, must be a multiple of 64 bytes"),
            ("transport.prefetch_bytes=9999999999999 GiB", "must be a number of bytes"),
            ("model.classes=1", "model.classes: is 1, must be from 2"),
            ("model.models=[]", "model.models: is a list of 0, must be a list of models"),
            ("model.models.0.alpha=3", "alpha: is 3, must divide input.frames (8); use 1, 2, 4, 8"),
            ("model.models.0.weight=-1", "weight: is -1.0, must be 0 or more"),
            ("model.slow.layers=[1, 0]", "layers: is [1, 0], must have 1 to 1024 blocks"),
            ("model.slow.layers=[1, x]", "layers: is a list of 2, must be a list of whole numbers"),
            ("model.input.size=7", "is 7, too small for the fast branch, which needs at least 8"),
            ("model.sharing.templates=0", "templates: is 0, must be from 1"),
            ("model.kind=resnet", "model.kind: is resnet, must be one of slowfast-lstm, slowfast"),
        ])
    func overridesAreChecked(argument: String, message: String) {
        let lines = problem(of: argument).split(separator: "\n")
        #expect(lines.contains { $0.contains(message) }, "\(lines)")
        #expect(lines.allSatisfy { !$0.isEmpty })
        let source = "--set \(argument): "
        #expect(lines.contains { $0.hasPrefix(source) && $0.contains(message) }, "\(lines)")
    }

    @Test("values that are impossible together are refused where one of them was written")
    func conflicts() {
        #expect(
            problem(of: "train.optimizer.momentum=0")
                == "example.yaml:20: train.optimizer.nesterov: is true, needs a momentum above 0; "
                + "set train.optimizer.momentum, or train.optimizer.nesterov to false")
        #expect(
            problem(of: "model.models.0.name=f2")
                == "example.yaml:9: model.models.1.name: is \"f2\", is the name of another model, "
                + "too; give each model a name of its own")
        #expect(
            problem(of: "model.slow.layers=[1,1,1,1,1,1]")
                == "example.yaml:6: model.input.size: is 32, too small for 6 stages, which need at "
                + "least 65; raise model.input.size or leave out a stage")
    }

    @Test("an unknown key names the nearest one and lists the others")
    func unknownKey() {
        #expect(
            problem(of: "train.optimizer.rat=0.1")
                == "--set train.optimizer.rat=0.1: train.optimizer.rat: no such key; did you mean "
                + "rate? keys here: kind, rate, decay, momentum, nesterov")
        #expect(problem(of: "train.optimzer.rate=0.1").contains("did you mean optimizer?"))
        #expect(problem(of: "train.schedule.warmup=1").contains("did you mean warmup_epochs?"))
        let far = problem(of: "train.zebra=1")
        #expect(!far.contains("did you mean") && far.contains("keys here: batch, slots"))
        #expect(problem(of: "trian.batch=1").contains("did you mean train?"))
    }

    @Test("a key of the other kind is told from an unknown one")
    func foreignKey() {
        #expect(problem(of: "train.optimizer.beta1=0.9").contains("belongs to kind adam"))
        #expect(problem(of: "model.fusion_kernel=5").contains("belongs to kind slowfast;"))
    }

    @Test("an argument that is no override says how one looks")
    func malformedOverrides() {
        #expect(problem(of: "train.batch").contains("has no '='; write a key and its value"))
        #expect(problem(of: "=3").contains("names no key"))
        #expect(problem(of: "train..batch=3").contains("names no key"))
        #expect(problem(of: "train.epochs=[1").contains("is not YAML"))
        #expect(problem(of: "name.first=x").contains("name: is example, not a section"))
        #expect(problem(of: "model.models.2.alpha=4").contains("the list has elements 0 to 1"))
    }

    @Test("several problems are reported together, each with its line")
    func severalProblems() {
        let text = example.replacing("rate:", with: "rat:")
            .replacing("classes: 5", with: "classes: 1").replacing("slots: 4", with: "slots: x")
        let lines = problems(in: text).map(\.description)
        #expect(lines.count == 3)
        #expect(lines.contains { $0.hasPrefix("example.yaml:5: model.classes: is 1") })
        #expect(lines.contains { $0.hasPrefix("example.yaml:18: train.slots: is x") })
        #expect(
            lines.contains { $0.hasPrefix("example.yaml:20: train.optimizer.rat: no such key") })
    }

    @Test("what is missing is named, and what stands in the place of everything as well")
    func missingKeys() {
        let keys = problems(in: "").map(\.key)
        #expect(
            keys == [
                "model.kind", "model.classes", "model.input.frames", "model.input.size",
                "model.models", "data.path",
            ])
        #expect(problems(in: "").allSatisfy { $0.kind == .missingKey })
        #expect(problems(in: "[1]").first?.message == "is a list of 1, must be a section of keys")
    }

    @Test("text that is no YAML is refused with its line")
    func syntax() {
        #expect(problems(in: "a: [\n b: }").map(\.origin) == [.line(2, source: "example.yaml")])
        let twice = problems(in: "name: a\nseed: 1\nseed: 2")
        #expect(twice.first?.message == "has the key \"seed\" twice")
        #expect(problems(in: "? [a, b]\n: c").first?.message == "has a key that is not a word")
        #expect(problems(in: "a: *nobody").first?.message.contains("alias") == true)
        #expect(problems(in: "--- a\n--- b").first?.kind == .syntax)
    }

    @Test("a text that would blow up is refused")
    func bombs() {
        let long = String(repeating: "# filler\n", count: 40_000)
        #expect(problems(in: long).first?.message.contains("too long") == true)
        let aliases = "a: &a [x]\n" + String(repeating: "b: [*a, *a]\n", count: 20)
        #expect(problems(in: aliases).first?.message.contains("aliases") == true)
        let wide = "a: [" + String(repeating: "1, ", count: 20_000) + "1]"
        #expect(problems(in: wide).first?.message.contains("too many") == true)
        let deep = String(repeating: "[", count: 50_000)
        #expect(problems(in: deep).first?.kind == .syntax)
        let deepBlock = String(repeating: "- ", count: 50_000)
        #expect(problems(in: deepBlock).first?.kind == .syntax)
    }

    @Test("a file that is not there or not text is refused with its name")
    func unreadable() {
        let missing = #expect(throws: ConfigurationError.self) {
            _ = try RunConfiguration(contentsOf: "/nowhere/config.yaml")
        }
        #expect(missing?.description.hasPrefix("/nowhere/config.yaml: cannot be opened") == true)
        let binary = #expect(throws: ConfigurationError.self) {
            _ = try RunConfiguration(contentsOf: "/proc/self/exe")
        }
        #expect(binary?.problems.first?.kind == .unreadable)
    }
}
