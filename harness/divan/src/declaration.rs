//! What the attributes declare: benchmarks, and modules with a name or options of their own.

use harness_bench::Function;
use harness_probe::join_names;

use crate::Bencher;
use crate::counter::{Counter, IntoCounter};

/// The options that benchmarks and groups have in common.
pub struct Properties {
    ignore: bool,
    /// Unit and number of the first counter.
    throughput: Option<(&'static str, u64)>,
}

impl Properties {
    /// Creates them; an ignored benchmark is measured on demand only.
    pub fn new(ignore: bool) -> Self {
        Self {
            ignore,
            throughput: None,
        }
    }

    /// Adds a counter. The first one is the throughput: a workload has one unit.
    #[must_use]
    pub fn counter<C: IntoCounter>(mut self, counter: C) -> Self {
        let counter = counter.into_counter();
        self.throughput
            .get_or_insert((C::Counter::UNIT, counter.count()));
        self
    }
}

/// A module with a name or options of its own.
pub struct Group {
    /// Path of the module around it.
    pub parent: &'static str,
    /// Identifier of the module.
    pub module: &'static str,
    /// Makes the name.
    pub name: fn() -> String,
    /// Makes the options.
    pub properties: fn() -> Properties,
}

inventory::collect!(Group);

/// The declaration of a benchmark.
pub struct Declaration {
    /// The names of the bench, the modules and the benchmark.
    path: Vec<String>,
    properties: Properties,
    functions: Vec<Function>,
}

impl Declaration {
    /// Creates it for a benchmark of a module.
    pub fn new(module_path: &str, name: String, mut properties: Properties) -> Self {
        let mut path = Vec::new();
        let mut parent = String::new();
        for module in module_path.split("::") {
            let group = inventory::iter::<Group>
                .into_iter()
                .find(|group| group.parent == parent && group.module == module);
            path.push(group.map_or_else(|| module.to_owned(), |group| (group.name)()));
            if let Some(group) = group {
                let of_group = (group.properties)();
                properties.ignore |= of_group.ignore;
                properties.throughput = properties.throughput.or(of_group.throughput);
            }
            if !parent.is_empty() {
                parent.push_str("::");
            }
            parent.push_str(module);
        }
        path.push(name);
        Self {
            path,
            properties,
            functions: Vec::new(),
        }
    }

    /// Adds an instance of the benchmark: the names of its generic arguments and of its argument, and the function.
    pub fn add(&mut self, names: Vec<String>, run: impl Fn(Bencher<'_, '_>) + 'static) {
        let id = join_names(self.path.iter().chain(&names).map(String::as_str));
        let mut function = Function::new(id, move |bencher| run(Bencher::new(bencher)));
        if let Some((unit, per_run)) = self.properties.throughput {
            function = function.units(unit, per_run);
        }
        if self.properties.ignore {
            function = function.on_demand();
        }
        self.functions.push(function);
    }

    /// All instances.
    pub fn functions(self) -> Vec<Function> {
        self.functions
    }
}
