//! What ONNX demands of a file, and exporters forget: that nodes stand in an order in which they can
//! run, that what they read is made by somebody, that they have names of their own.
//!
//! What leads to no output is left out, whatever it is.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::{GraphProto, NodeProto};

/// Puts a graph in order.
///
/// # Errors
/// What nobody makes, or nodes that wait for each other.
pub fn put(graph: &mut GraphProto) -> Result<(), String> {
    leave_out(graph);
    sort(graph)?;
    let mut names = HashSet::new();
    for node in &mut graph.node {
        if !node.name.is_empty() && !names.insert(node.name.clone()) {
            let output = node.output.first().map_or("", String::as_str);
            node.name = format!("{} ({output})", node.name);
        }
    }
    Ok(())
}

/// Leaves out the nodes that no output needs.
fn leave_out(graph: &mut GraphProto) {
    let outputs = graph.output.iter().map(|output| output.name.clone());
    let mut waiting: Vec<String> = outputs.collect();
    let mut needed: HashSet<String> = HashSet::new();
    let makers: HashMap<&String, &NodeProto> = graph
        .node
        .iter()
        .flat_map(|node| node.output.iter().map(move |output| (output, node)))
        .collect();
    while let Some(name) = waiting.pop() {
        let maker = makers.get(&name);
        if needed.insert(name) {
            waiting.extend(maker.into_iter().flat_map(|node| read(node)));
        }
    }
    let makes_needed = |node: &NodeProto| {
        node.output
            .iter()
            .any(|output| !output.is_empty() && needed.contains(output))
    };
    graph.node.retain(makes_needed);
}

/// The tensors that a node reads, those of graphs within it included.
fn read(node: &NodeProto) -> Vec<String> {
    let graphs = node
        .attribute
        .iter()
        .flat_map(|found| found.g.iter().chain(&found.graphs));
    let within = graphs.flat_map(|graph| {
        let outputs = graph.output.iter().map(|output| output.name.clone());
        graph.node.iter().flat_map(read).chain(outputs)
    });
    let own = node.input.iter().filter(|name| !name.is_empty()).cloned();
    own.chain(within).collect()
}

/// Brings nodes behind those that make what they read, and else leaves them where they are.
fn sort(graph: &mut GraphProto) -> Result<(), String> {
    let inputs = graph.input.iter().map(|input| &input.name);
    let stored = graph.initializer.iter().map(|tensor| &tensor.name);
    let mut made: HashSet<String> = inputs.chain(stored).cloned().collect();
    let by_nodes: HashSet<String> = graph
        .node
        .iter()
        .flat_map(|node| node.output.clone())
        .collect();
    let known = |name: &String| made.contains(name) || by_nodes.contains(name);
    for node in &graph.node {
        let mut inputs = node.input.iter().filter(|name| !name.is_empty());
        if let Some(missing) = inputs.find(|name| !known(name)) {
            let reader = super::source::node_name(node);
            return Err(format!(
                "node '{reader}' reads '{missing}', which nothing makes"
            ));
        }
    }
    let mut outputs = graph.output.iter().map(|output| &output.name);
    if let Some(missing) = outputs.find(|name| !known(name)) {
        return Err(format!("nothing makes its output '{missing}'"));
    }
    let mut waiting = std::mem::take(&mut graph.node);
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for node in waiting {
            let ready = read(&node)
                .iter()
                .all(|name| made.contains(name) || !by_nodes.contains(name));
            if ready {
                made.extend(node.output.iter().cloned());
                graph.node.push(node);
            } else {
                later.push(node);
            }
        }
        if later.len() == before {
            let first = super::source::node_name(&later[0]);
            return Err(format!("node '{first}' waits for its own result"));
        }
        waiting = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tract_onnx::pb::ValueInfoProto;

    fn info(name: &str) -> ValueInfoProto {
        ValueInfoProto {
            name: name.into(),
            ..ValueInfoProto::default()
        }
    }

    /// A graph of nodes that are named and read one tensor, from `image` to `end`.
    fn graph(nodes: &[(&str, &str, &str)]) -> GraphProto {
        let node = |&(name, input, output): &(&str, &str, &str)| NodeProto {
            name: name.into(),
            input: vec![input.into()],
            output: vec![output.into()],
            ..NodeProto::default()
        };
        GraphProto {
            node: nodes.iter().map(node).collect(),
            input: vec![info("image")],
            output: vec![info("end")],
            ..GraphProto::default()
        }
    }

    fn names(nodes: &[(&str, &str, &str)]) -> Result<Vec<String>, String> {
        let mut graph = graph(nodes);
        put(&mut graph)?;
        Ok(graph.node.into_iter().map(|node| node.name).collect())
    }

    #[test]
    fn nodes_come_behind_what_they_read() {
        let found = names(&[("c", "b", "end"), ("a", "image", "a"), ("b", "a", "b")]);
        assert_eq!(found.unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn what_leads_nowhere_is_left_out_and_equal_names_become_different() {
        let found = names(&[("x", "image", "a"), ("lost", "a", "b"), ("x", "a", "end")]);
        assert_eq!(found.unwrap(), ["x", "x (end)"]);
    }

    #[test]
    fn what_nobody_makes_is_named() {
        let error = names(&[("a", "nothing", "end")]).unwrap_err();
        assert_eq!(error, "node 'a' reads 'nothing', which nothing makes");
        assert_eq!(names(&[]).unwrap_err(), "nothing makes its output 'end'");
        let error = names(&[("a", "b", "end"), ("b", "end", "b")]).unwrap_err();
        assert_eq!(error, "node 'a' waits for its own result");
    }
}
