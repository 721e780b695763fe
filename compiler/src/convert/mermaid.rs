//! The graph as Mermaid text.
